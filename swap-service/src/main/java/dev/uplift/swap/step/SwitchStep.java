package dev.uplift.swap.step;

import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.node.Node;

/** Puts the release that is to run in the place of stopped nodes. */
final class SwitchStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            work.requireStopped(node);
            node.switchOver(work.on(node));
        }
        return StepOutcome.done();
    }
}
