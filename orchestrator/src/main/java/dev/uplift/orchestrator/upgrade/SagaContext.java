package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Backup;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepOutput;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a saga works on and has found out: the part of it that its decisions do not depend on. Stored
 * as JSON: fields may only be added, as optional ones.
 *
 * @param from what ran; its hash is known once PREFLIGHT succeeded
 * @param source the backup to go back to; only in a restore
 * @param steps one per step of the plan
 */
record SagaContext(
        InstallationSpec installation,
        Release from,
        Release to,
        @Nullable Artifact artifact,
        @Nullable Backup backup,
        @Nullable Backup source,
        StepLimits limits,
        List<StepTrace> steps,
        @Nullable Instant outageBeganAt,
        @Nullable Instant outageEndedAt) {
    SagaContext {
        steps = List.copyOf(steps);
    }

    static SagaContext ahead(
            InstallationSpec installation,
            Release from,
            Release to,
            @Nullable Backup source,
            StepLimits limits,
            int stepCount) {
        return new SagaContext(
                installation,
                from,
                to,
                null,
                null,
                source,
                limits,
                Collections.nCopies(stepCount, StepTrace.PENDING),
                null,
                null);
    }

    SagaContext step(int index, UnaryOperator<StepTrace> change) {
        List<StepTrace> changed = new ArrayList<>(steps);
        changed.set(index, change.apply(changed.get(index)));
        return with(from, artifact, backup, changed, outageBeganAt, outageEndedAt);
    }

    /** Takes in what a step found out. */
    SagaContext learned(int index, Direction direction, StepOutput output) {
        SagaContext known = direction == Direction.DO ? step(index, trace -> trace.found(output)) : this;
        return switch (output) {
            case StepOutput.NodesChecked checked ->
                known.with(checked.running(), known.artifact, known.backup, known.steps, outageBeganAt, outageEndedAt);
            case StepOutput.ArtifactFetched fetched ->
                known.with(from, fetched.artifact(), known.backup, known.steps, outageBeganAt, outageEndedAt);
            case StepOutput.BackedUp backedUp ->
                known.with(from, known.artifact, backedUp.backup(), known.steps, outageBeganAt, outageEndedAt);
            case StepOutput.NodesStopped stopped ->
                known.with(
                        from,
                        known.artifact,
                        known.backup,
                        known.steps,
                        outageBeganAt == null ? stopped.outageBeganAt() : outageBeganAt,
                        null);
            case StepOutput.Serving serving ->
                known.with(
                        from,
                        known.artifact,
                        known.backup,
                        known.steps,
                        outageBeganAt,
                        outageBeganAt == null ? null : serving.outageEndedAt());
            case StepOutput.Nothing _,
                    StepOutput.DatabaseChecked _,
                    StepOutput.ArtifactLocated _,
                    StepOutput.Restored _ -> known;
        };
    }

    /** What runs once the saga has completed. */
    Release committed() {
        return new Release(
                to.version(),
                artifact == null || artifact.edition() == null ? to.edition() : artifact.edition(),
                artifact == null ? to.sha256() : artifact.sha256(),
                to.url());
    }

    private SagaContext with(
            Release newFrom,
            @Nullable Artifact newArtifact,
            @Nullable Backup newBackup,
            List<StepTrace> newSteps,
            @Nullable Instant began,
            @Nullable Instant ended) {
        return new SagaContext(
                installation, newFrom, to, newArtifact, newBackup, source, limits, newSteps, began, ended);
    }
}
