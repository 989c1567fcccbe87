/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** What runs of a node. */
public interface Instances {
    /** All that run of this application here, its commands such as migrations included. */
    List<Instance> running() throws IOException, InterruptedException;

    /** Whether this start still runs. */
    boolean runs(Instance instance) throws IOException, InterruptedException;

    /** The hash of what a start runs, which need not be what is in place by now. */
    String sha256(Instance instance) throws IOException;

    /** Who started what runs although nobody here did, for a person. */
    String startedBy(Instance instance) throws IOException;

    /**
     * Why a start has ended, if a person ended it; empty: it ended by itself.
     *
     * @throws dev.uplift.host.HostLostException if the host ends it, which is being shut down
     */
    default Optional<String> endedBy(Instance instance) throws IOException, InterruptedException {
        return Optional.empty();
    }

    /** What of the node is still there although nothing runs, in one line; empty: nothing. */
    default Optional<String> remains() throws IOException, InterruptedException {
        return Optional.empty();
    }

    /** Asks all that run to end. */
    void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException;

    /** Ends all that run. */
    void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException;
}
