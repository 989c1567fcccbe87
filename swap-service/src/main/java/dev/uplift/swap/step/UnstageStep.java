package dev.uplift.swap.step;

import dev.uplift.contract.Artifact;
import dev.uplift.host.DurableFiles;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.nio.file.Files;
import java.nio.file.LinkOption;
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
                    && Files.exists(layout.release(artifact.sha256()), LinkOption.NOFOLLOW_LINKS);
            work.take(node, SwapEffect.UNSTAGE_RELEASE, () -> {
                if (staged && artifact != null) {
                    DurableFiles.delete(layout.release(artifact.sha256()));
                }
                layout.deleteUnfinished();
                DurableFiles.delete(Snapshots.all(node));
                if (work.state(node).filter(SagaState::over).isPresent()) {
                    SagaState.forget(node.directory());
                }
                return staged;
            });
        }
        return StepOutcome.done();
    }
}
