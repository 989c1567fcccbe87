package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.github.f4b6a3.uuid.UuidCreator;
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
 * @param from what ran when the saga began; its {@code sha256} is known once PREFLIGHT succeeded
 * @param to what shall run
 * @param artifact the verified artifact of {@code to}, once FETCH succeeded
 * @param backup the proven backup of this saga, once BACKUP succeeded
 * @param source the backup to go back to; only in a restore
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
        @Nullable Artifact artifact,
        @Nullable Backup backup,
        @Nullable Backup source,
        StepLimits limits) {
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
        Checks.present(limits, "limits");
    }

    /** The same command for an installation that is described otherwise. */
    public StepCommand withInstallation(InstallationSpec described) {
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
                artifact,
                backup,
                source,
                limits);
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
