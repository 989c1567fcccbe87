/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.github.f4b6a3.uuid.UuidCreator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Take one step of a saga, or take it back. It carries all that a worker needs, so that workers
 * keep no state between steps.
 *
 * <p>Idempotency: (saga, stepIndex, direction) names the effect; {@code attempt} only correlates the
 * answer.
 *
 * @param stepIndex position in the saga's plan, from 0
 * @param attempt from 1
 * @param epoch fencing number of the installation, from 1; a target that has seen a higher one refuses
 * @param pivotReached whether the application's data may have been changed: the new version was to be
 *     started on them, or an older backup was to replace them
 * @param dryRun whether failing checks are to be reported as data, and nothing is to be changed
 * @param from what ran when the saga began; the hashes of what its nodes run are known once PREFLIGHT succeeded
 * @param to what shall run
 * @param artifacts the verified artifacts of {@code to}, one of each kind that a node runs, once FETCH succeeded;
 *     absent: none yet
 * @param backup the proven backup of this saga, once BACKUP succeeded
 * @param source the backup to go back to; only in a restore
 * @param migrated what has become of the data since START; only in an upgrade whose way back is
 *     {@link WayBack#MIGRATE_DOWN}
 * @param known what upgrades to this version were completed with, one artifact of each kind at most; only where the
 *     artifact-service is asked. Absent: none was completed
 */
public record StepCommand(
        UUID sagaId,
        int stepIndex,
        StepName step,
        Direction direction,
        int attempt,
        long epoch,
        boolean pivotReached,
        boolean dryRun,
        InstallationSpec installation,
        Release from,
        Release to,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Artifact> artifacts,
        @Nullable Backup backup,
        @Nullable Backup source,
        @Nullable MigratedData migrated,
        StepLimits limits,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Artifact> known) {
    public StepCommand {
        Checks.present(sagaId, "sagaId");
        Checks.atLeast(0, stepIndex, "stepIndex");
        Checks.present(step, "step");
        Checks.present(direction, "direction");
        Checks.atLeast(1, attempt, "attempt");
        Checks.atLeast(1, epoch, "epoch");
        Checks.present(installation, "installation");
        Checks.present(from, "from");
        Checks.present(to, "to");
        artifacts = Checks.list(Objects.requireNonNullElse(artifacts, List.of()), "artifacts");
        Checks.present(limits, "limits");
        known = Checks.list(Objects.requireNonNullElse(known, List.of()), "known");
    }

    /** One of whose version nothing is known. */
    public StepCommand(
            UUID sagaId,
            int stepIndex,
            StepName step,
            Direction direction,
            int attempt,
            long epoch,
            boolean pivotReached,
            boolean dryRun,
            InstallationSpec installation,
            Release from,
            Release to,
            List<Artifact> artifacts,
            @Nullable Backup backup,
            @Nullable Backup source,
            @Nullable MigratedData migrated,
            StepLimits limits) {
        this(
                sagaId,
                stepIndex,
                step,
                direction,
                attempt,
                epoch,
                pivotReached,
                dryRun,
                installation,
                from,
                to,
                artifacts,
                backup,
                source,
                migrated,
                limits,
                List.of());
    }

    /** The same command for an installation that is described otherwise. */
    public StepCommand withInstallation(InstallationSpec described) {
        return with(described, known);
    }

    /** The same command, which says what upgrades to its version were completed with. */
    public StepCommand withKnown(List<Artifact> completed) {
        return with(installation, completed);
    }

    private StepCommand with(InstallationSpec described, List<Artifact> completed) {
        return new StepCommand(
                sagaId,
                stepIndex,
                step,
                direction,
                attempt,
                epoch,
                pivotReached,
                dryRun,
                described,
                from,
                to,
                artifacts,
                backup,
                source,
                migrated,
                limits,
                completed);
    }

    /** {@code to} with the hashes of what the nodes are to run of it; those of its artifacts once FETCH succeeded. */
    @JsonIgnore
    public Release target() {
        return to.with(artifacts, installation.nodes());
    }

    /** The verified artifact that this node is to run; empty until FETCH succeeded. */
    public Optional<Artifact> artifact(NodeSpec node) {
        return artifacts.stream().filter(artifact -> artifact.isFor(node)).findFirst();
    }

    /** What upgrades of such a node to this version were completed with; empty: none was. */
    public Optional<Artifact> known(NodeSpec node) {
        return known.stream().filter(artifact -> artifact.isFor(node)).findFirst();
    }

    /** The same for every copy of this command: UUIDv5 of saga, step, direction and attempt. */
    @JsonIgnore
    public UUID commandId() {
        return commandId(sagaId, stepIndex, direction, attempt);
    }

    /** Names the step's effect in both directions: once UNDO has been taken, no DO of it runs any more. */
    @JsonIgnore
    public String scope() {
        return sagaId + "/" + stepIndex;
    }

    /** The id of the command that this saga, step, direction and attempt have. */
    public static UUID commandId(UUID sagaId, int stepIndex, Direction direction, int attempt) {
        return UuidCreator.getNameBasedSha1(sagaId, stepIndex + "/" + direction + "/" + attempt);
    }
}
