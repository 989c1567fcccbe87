/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.LeftOut;
import dev.uplift.contract.StepOutput;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepOutcome;
import java.util.Optional;

/**
 * Takes a stop back: starts the version that ran before, on all nodes that ran, and waits until it serves. What an earlier
 * upgrade had left out stays so.
 */
final class ResumeStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        Optional<Starting.Served> first = Optional.empty();
        for (Node node : work.nodes()) {
            if (work.leftOutBefore(node).isPresent()) {
                continue;
            }
            Starting.Served served = Starting.resuming(work, node)
                    .serve(
                            work.command().from(),
                            work.command().from().sha256(node.spec()).orElse(null));
            first = Optional.of(first.orElse(served));
        }
        for (Node node : work.nodes()) {
            Optional<LeftOut> before = work.leftOutBefore(node);
            Optional<SagaState> state = work.state(node).filter(remembered -> !remembered.over());
            if (state.isPresent()) {
                work.remember(
                        node,
                        SwapEffect.RESUME_OVER,
                        state.get().withLeftOut(before.orElse(null)).withOver());
            }
            if (node instanceof Autostart autostart && before.isEmpty()) {
                autostart.release(work.on(node), SwapEffect.RESUME_AUTOSTART);
            }
        }
        Starting.Served served = first.orElseThrow();
        return StepOutcome.done(new StepOutput.Serving(served.version(), served.since()));
    }
}
