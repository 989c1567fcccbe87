/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepOutcome;

/** Takes staging back: the release goes, unless it is the one in place. So does what a failed saga kept for its way back. */
final class UnstageStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            node.unstage(work.on(node));
        }
        return StepOutcome.done();
    }
}
