/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepOutcome;

/** Takes a switch back. */
final class RevertStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            work.requireStopped(node);
            node.revert(work.on(node));
        }
        return StepOutcome.done();
    }
}
