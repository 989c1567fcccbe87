/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.OneLine;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Starts the other nodes, one after the other. Where the upgrade may finish without a node, one whose application
 * does not come up is marked, stopped again, which is proven, and passed over from then on. What else goes wrong, such as
 * a person at work, another version or a host that is away, is no matter of one node, and fails the step.
 */
final class ScaleStep implements SwapStep {
    private static final Set<ErrorCode> DOES_NOT_COME_UP =
            EnumSet.of(ErrorCode.EXITED, ErrorCode.NO_PROGRESS, ErrorCode.UNHEALTHY);

    @Override
    public StepOutcome run(StepWork work) throws Exception {
        List<LeftOut> without = new ArrayList<>();
        for (Node node : work.others()) {
            Optional<LeftOut> left = work.leftOut(node);
            if (left.isEmpty()) {
                left = started(work, node);
            }
            if (left.isPresent()) {
                stop(work, node);
                without.add(left.get());
            }
        }
        return without.isEmpty() ? StepOutcome.done() : StepOutcome.done(new StepOutput.NodesLeftOut(without));
    }

    /** Starts a node; if it is to be left out, that is written down, and why is returned. */
    private static Optional<LeftOut> started(StepWork work, Node node) throws Exception {
        try {
            Starting.migrated(work, node).served(work.command().to(), work.targetSha256(node));
            return Optional.empty();
        } catch (StepFailure e) {
            if (work.command().limits().nodeFailure() != NodeFailure.FINISH_WITHOUT
                    || e.isRetryable()
                    || !DOES_NOT_COME_UP.contains(e.code())) {
                throw e.of(node.spec().name());
            }
            LeftOut why = new LeftOut(node.spec().name(), e.code(), OneLine.of(e.detail()));
            SagaState state = work.state(node)
                    .orElseThrow(() -> new IllegalStateException(
                            work.command().sagaId() + " remembers no stop of " + node.place()));
            work.remember(node, SwapEffect.SCALE_LEAVE, state.withLeftOut(why));
            return Optional.of(why);
        }
    }

    private static void stop(StepWork work, Node node) throws Exception {
        Stopping stopping = new Stopping(work, node);
        stopping.end(SwapEffect.SCALE_TERMINATE, SwapEffect.SCALE_KILL, () -> {});
        stopping.prove(false);
    }
}
