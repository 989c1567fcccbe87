/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.FencedException;
import dev.uplift.host.Signal;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeWork;
import java.io.IOException;
import java.util.List;

/** Processes that nobody starts again: they are ended by signals. */
final class ProcessInstances extends JarInstances {
    ProcessInstances(JarNode node) {
        super(node);
    }

    @Override
    public void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        signal(work, effect, running, Signal.TERM);
    }

    @Override
    public void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        signal(work, effect, running, Signal.KILL);
    }

    private static void signal(NodeWork work, SwapEffect effect, List<Instance> running, Signal signal)
            throws IOException, InterruptedException, FencedException {
        work.runFenced(effect, held -> {
            for (Instance instance : running) {
                held.signal(identity(instance), signal);
            }
        });
    }
}
