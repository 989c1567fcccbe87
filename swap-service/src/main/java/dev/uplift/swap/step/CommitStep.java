/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepOutcome;

/**
 * Forgets what only a way back needs. What runs and what ran before stay; a node that was left out stays marked and held.
 */
final class CommitStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            if (node instanceof Autostart autostart && work.leftOut(node).isEmpty()) {
                autostart.release(work.on(node), SwapEffect.COMMIT_AUTOSTART);
            }
            node.commit(work.on(node));
        }
        return StepOutcome.done();
    }
}
