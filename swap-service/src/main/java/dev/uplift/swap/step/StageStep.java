/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepOutcome;

/** Puts the artifact beside the application of each node, where nothing uses it yet. */
final class StageStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            node.stage(work.on(node));
        }
        return StepOutcome.done();
    }
}
