package dev.uplift.swap.step;

import dev.uplift.contract.Artifact;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.util.Optional;

/** Takes staging back: the release goes, unless it is the one in place. So does what a failed saga kept for its way back. */
final class UnstageStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        Artifact artifact = work.command().artifact();
        for (ProcessNode node : work.nodes()) {
            Layout layout = node.layout();
            boolean staged = artifact != null
                    && !artifact.sha256().equals(work.command().from().sha256())
                    && !layout.currentSha256().equals(Optional.of(artifact.sha256()))
                    && node.host().files().exists(layout.release(artifact.sha256()));
            work.take(node, SwapEffect.UNSTAGE_RELEASE, held -> {
                if (staged && artifact != null) {
                    held.delete(layout.release(artifact.sha256()));
                }
                held.delete(node.fence().incoming());
                held.delete(Snapshots.all(node));
                if (work.state(node).filter(SagaState::over).isPresent()) {
                    SagaState.forget(held, node.directory());
                }
                return staged;
            });
        }
        return StepOutcome.done();
    }
}
