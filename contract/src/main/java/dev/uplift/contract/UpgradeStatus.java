/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The latest state of one saga: what dashboards subscribe to and what REST answers.
 *
 * @param rev rises with every change; a reader drops what is not newer than what it has
 * @param step the step in flight, or the one that it stopped at; absent in a final state
 * @param steps one entry per step of the plan, in order
 * @param failure why it does not go, or did not go, forward; absent if nothing failed
 * @param outageBeganAt the first request that failed; absent: none has yet
 * @param outageEndedAt the first request that succeeded after the last outage; absent: not yet
 * @param endedAt absent until the state is final
 * @param outages all of them, in order: between two of them the application served; absent where none was, or nobody told
 *     them apart
 */
public record UpgradeStatus(
        UUID id,
        UUID installationId,
        String installation,
        Kind kind,
        State state,
        long rev,
        long epoch,
        Release from,
        Release to,
        @Nullable StepName step,
        List<StepStatus> steps,
        @Nullable Failure failure,
        @Nullable Backup backup,
        @Nullable Instant outageBeganAt,
        @Nullable Instant outageEndedAt,
        Instant startedAt,
        Instant updatedAt,
        @Nullable Instant endedAt,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Outage> outages) {
    public UpgradeStatus {
        Checks.present(id, "id");
        Checks.present(installationId, "installationId");
        Checks.text(installation, "installation");
        Checks.present(kind, "kind");
        Checks.present(state, "state");
        Checks.present(from, "from");
        Checks.present(to, "to");
        steps = Checks.list(steps, "steps");
        Checks.present(startedAt, "startedAt");
        Checks.present(updatedAt, "updatedAt");
        outages = Checks.list(Objects.requireNonNullElse(outages, List.of()), "outages");
    }

    /** All outages; the one that they were from first to last where nobody told them apart. */
    public List<Outage> down() {
        return outages.isEmpty() && outageBeganAt != null ? List.of(new Outage(outageBeganAt, outageEndedAt)) : outages;
    }

    /** The nodes that it has finished, or is going to finish, without. */
    public List<LeftOut> leftOut() {
        return steps.stream()
                .filter(done -> done.state() == StepState.DONE)
                .flatMap(done ->
                        done.output() instanceof StepOutput.NodesLeftOut left ? left.nodes().stream() : Stream.empty())
                .toList();
    }

    /** What the saga is for. */
    public enum Kind {
        /** To another version. */
        @JsonProperty("upgrade")
        UPGRADE,
        /** Back to an older backup. */
        @JsonProperty("restore")
        RESTORE,
        /** A dry run: looks, and changes nothing. */
        @JsonProperty("plan")
        PLAN
    }

    /** Where the saga is. */
    public enum State {
        /** Going forward. */
        RUNNING,
        /** Taking back what was done. */
        ROLLING_BACK,
        /** Final: the new version runs and is committed. */
        COMPLETED,
        /** Final: the old version runs with the old data, or nothing was changed. */
        ROLLED_BACK,
        /** Stopped safely; needs a person: retry, or cancel. */
        PARKED;

        /** Whether nothing will happen any more. */
        public boolean isFinal() {
            return this == COMPLETED || this == ROLLED_BACK;
        }
    }

    /** Where one step is. */
    public enum StepState {
        PENDING,
        RUNNING,
        DONE,
        FAILED,
        UNDOING,
        UNDONE
    }

    /**
     * One step of the plan.
     *
     * @param attempt 0 until it is begun
     * @param progress the last one that was reported
     * @param doMillis how long DO took, all attempts together; absent until it is over
     * @param undoMillis the same of UNDO
     * @param output what DO found out; absent until it succeeded
     */
    public record StepStatus(
            StepName step,
            StepState state,
            int attempt,
            @Nullable Progress progress,
            @Nullable Long doMillis,
            @Nullable Long undoMillis,
            @Nullable StepOutput output) {
        public StepStatus {
            Checks.present(step, "steps.step");
            Checks.present(state, "steps.state");
        }
    }

    /** Which step failed and why. */
    public record Failure(StepName step, Direction direction, ErrorCode code, String detail) {
        public Failure {
            Checks.present(step, "failure.step");
            Checks.present(direction, "failure.direction");
            Checks.present(code, "failure.code");
            Checks.text(detail, "failure.detail");
        }
    }
}
