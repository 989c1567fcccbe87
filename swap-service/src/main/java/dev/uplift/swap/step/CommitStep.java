package dev.uplift.swap.step;

import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.util.List;
import java.util.Objects;

/** Forgets what only a way back needs. The release that runs and the one that ran before stay. */
final class CommitStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        for (ProcessNode node : work.nodes()) {
            Layout layout = node.layout();
            String runs = layout.currentSha256().orElse("");
            List<String> old = layout.all().stream()
                    .filter(release -> !release.equals(runs)
                            && !Objects.equals(release, work.command().from().sha256()))
                    .toList();
            if (!old.isEmpty()) {
                work.take(node, SwapEffect.COMMIT_RELEASES, held -> {
                    for (String release : old) {
                        held.delete(layout.release(release));
                    }
                    return old;
                });
            }
            work.take(node, SwapEffect.COMMIT_FORGET, held -> {
                held.delete(node.fence().incoming());
                held.delete(Snapshots.all(node));
                SagaState.forget(held, node.directory());
                return old;
            });
        }
        return StepOutcome.done();
    }
}
