/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.DurableFiles;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The JARs that are kept beside an application: what is staged, what runs, and what there is a way back to. */
final class Releases {
    private final NodeWork work;
    private final JarNode node;
    private final NodeSpec.InDirectory spec;
    private final Layout layout;

    Releases(NodeWork work, JarNode node) {
        this.work = work;
        this.node = node;
        this.spec = node.spec();
        this.layout = node.layout();
    }

    /** Both JARs are read, so that nothing of them has to be read again while the application is down. */
    void requireTarget() throws IOException {
        String target = work.targetSha256();
        if (!layout.sha256InPlace().equals(target) && !layout.holds(target)) {
            throw Switching.missing(layout, target);
        }
    }

    /** Brings the artifact of the command, once it is known that there is a Java for it. */
    void stage() throws IOException, InterruptedException, FencedException {
        Artifact artifact = work.command()
                .artifact(spec)
                .orElseThrow(() -> StepFailure.refused(ErrorCode.INVALID, "the command names no artifact to stage"));
        new JavaStart(work, node).require();
        if (!layout.holds(artifact.sha256())) {
            Path brought = Staging.bring(work, node.fence(), artifact);
            work.runFenced(SwapEffect.STAGE_RELEASE, held -> {
                held.setMode(brought, DurableFiles.READABLE);
                held.moveInto(brought, layout.createRelease(held, artifact.sha256()));
            });
        }
    }

    /** Takes {@link #stage} back, unless what was staged is in place. */
    void unstage() throws IOException, InterruptedException, FencedException {
        Optional<String> artifact = work.command().artifact(spec).map(Artifact::sha256);
        boolean staged = artifact.isPresent()
                && !artifact.equals(work.command().from().sha256(spec))
                && !artifact.equals(layout.currentSha256())
                && node.host().files().exists(layout.release(artifact.get()));
        work.runFenced(SwapEffect.UNSTAGE_RELEASE, held -> {
            if (staged) {
                held.delete(layout.release(artifact.get()));
            }
            held.delete(node.fence().incoming());
            held.delete(Snapshots.all(node.root()));
            Optional<SagaState> state =
                    SagaState.read(node.host(), node.directory(), work.command().sagaId());
            if (state.filter(SagaState::over).isPresent()) {
                SagaState.close(node.host(), held, node.directory());
            }
        });
    }

    /** Keeps what runs and what ran before, and deletes the others. */
    void retire() throws IOException, InterruptedException, FencedException {
        String runs = layout.currentSha256().orElse("");
        List<String> old = layout.all().stream()
                .filter(release -> !release.equals(runs)
                        && !work.command().from().sha256(spec).equals(Optional.of(release)))
                .toList();
        if (!old.isEmpty()) {
            work.runFenced(SwapEffect.COMMIT_RELEASES, held -> {
                for (String release : old) {
                    held.delete(layout.release(release));
                }
            });
        }
        work.runFenced(SwapEffect.COMMIT_FORGET, held -> {
            held.delete(node.fence().incoming());
            held.delete(Snapshots.all(node.root()));
            SagaState.close(node.host(), held, node.directory());
        });
    }

    /** A JAR of this hash: what is in place, or a release that is staged or kept. */
    Path jarOf(String sha256) throws IOException {
        if (layout.sha256InPlace().equals(sha256)) {
            return layout.jar();
        }
        if (layout.stillHolds(sha256)) {
            return layout.releaseJar(sha256);
        }
        throw StepFailure.refused(
                ErrorCode.HOST_UNEXPECTED,
                "the JAR with SHA-256 " + sha256 + " is not in " + node.place() + " any more");
    }
}
