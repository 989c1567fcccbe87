package dev.uplift.swap.node;

import java.net.URI;

/** Whether a node answers HTTP at this moment. */
public sealed interface Answers {
    /** It does, if it is well; {@code url} is as reached from here. */
    record At(URI url) implements Answers {}

    /** It does not, because it does not run or cannot be reached; {@code reason} is one line. */
    record Nowhere(String reason) implements Answers {}
}
