/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
import java.util.List;
import java.util.Optional;

/**
 * Puts the release that is to run in the place of stopped nodes. What somebody else started meanwhile may have taken
 * data that the backup lacks: from then on there is only the way back, which leaves the data as they are.
 */
final class SwitchStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        for (Node node : work.nodes()) {
            requireUndisturbed(work, node);
            node.switchOver(work.on(node));
        }
        return StepOutcome.done();
    }

    private static void requireUndisturbed(StepWork work, Node node) throws Exception {
        Optional<SagaState> state = work.state(node);
        List<Instance> running = node.instances().running();
        if (!running.isEmpty() && state.isPresent() && state.get().disturbedBy() == null) {
            state = Optional.of(work.remember(
                    node, SwapEffect.SWITCH_DISTURBED, state.get().withDisturbedBy(Instance.names(running))));
        }
        Optional<String> disturbedBy = state.map(SagaState::disturbedBy);
        if (disturbedBy.isPresent()) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_OUTDATED,
                    disturbedBy.get() + " was started in " + node.place()
                            + " by somebody else after the backup was taken, which may lack what it was given: stop it"
                            + " and cancel; the data stay as they are, and the upgrade can be asked for again");
        }
        work.requireStopped(node);
    }
}
