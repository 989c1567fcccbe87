package dev.uplift.messaging;

import org.jdbi.v3.core.Handle;

/** Is told of every dead letter, in the transaction that moves it. */
@FunctionalInterface
public interface DeadLetterSink {
    /** Needs to know nothing of dead letters: they are counted, logged and on their topic. */
    DeadLetterSink NONE = (handle, letter) -> {};

    /** Takes note of {@code letter}; an exception undoes the move, and it is tried again. */
    void accept(Handle handle, DeadLetter letter);
}
