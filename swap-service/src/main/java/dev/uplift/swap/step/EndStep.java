/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.StepOutput;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepOutcome;

/** Takes a start back: ends whatever runs in some of the nodes and proves it. */
final class EndStep {
    private EndStep() {}

    /** Of the first node's start: after it nobody is on the database. What had served is down from then on. */
    static SwapStep halt() {
        return work -> {
            OutageWatch watch = new OutageWatch(work, work.first());
            end(work, work.first(), SwapEffect.HALT_TERMINATE, SwapEffect.HALT_KILL, watch, true);
            return StepOutcome.done(new StepOutput.NodesStopped(watch.began().orElseGet(work::now), null));
        };
    }

    /** Of the other nodes' start: the first still works on the database. */
    static SwapStep unscale() {
        return work -> {
            for (Node node : work.others()) {
                end(work, node, SwapEffect.UNSCALE_TERMINATE, SwapEffect.UNSCALE_KILL, () -> {}, false);
            }
            return StepOutcome.done();
        };
    }

    private static void end(
            StepWork work,
            Node node,
            SwapEffect terminate,
            SwapEffect kill,
            Stopping.Watch watch,
            boolean proveDatabase)
            throws Exception {
        Stopping stopping = new Stopping(work, node);
        stopping.end(terminate, kill, watch);
        stopping.prove(proveDatabase);
        new LeftLock(work).clear(node);
    }
}
