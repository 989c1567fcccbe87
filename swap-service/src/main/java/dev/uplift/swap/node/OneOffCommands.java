/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** Commands of a node's application besides the application itself. */
public interface OneOffCommands {
    /**
     * Runs a command of the target's version once, to its end, whatever is in place: in the node's own environment and
     * directory and as its user. The caller has made sure that nothing runs. A try that was broken off may still be
     * running; it counts among {@link Instances#running} where that cannot be told.
     *
     * @param arguments words of the profile's {@code commands}
     * @param atMost after it the command is killed
     */
    CommandEnd run(NodeWork work, ApplicationVersion version, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException, FencedException;

    /**
     * Waits for what a try of {@link #run} that was broken off has left running, ends it if that takes too long, and
     * clears it away. Does nothing where it cannot be told from the application.
     */
    default void clear(NodeWork work, Duration atMost) throws IOException, InterruptedException, FencedException {}
}
