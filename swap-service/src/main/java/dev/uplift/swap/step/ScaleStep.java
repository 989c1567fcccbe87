package dev.uplift.swap.step;

import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.node.Node;

/** Starts the other nodes, one after the other. */
final class ScaleStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        for (Node node : work.others()) {
            Starting.migrated(work, node).serve(work.command().to(), work.targetSha256(node));
        }
        return StepOutcome.done();
    }
}
