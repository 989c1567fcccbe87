/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.uplift.contract.Direction;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.StepState;
import java.util.Optional;

/**
 * Where a saga is: one record per mode of control, not per step. Its JSON form is stored, so fields may
 * be added as optional ones, and none may be renamed, retyped or reused.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "mode")
@JsonSubTypes({
    @JsonSubTypes.Type(value = SagaState.Planned.class, name = "planned"),
    @JsonSubTypes.Type(value = SagaState.Doing.class, name = "doing"),
    @JsonSubTypes.Type(value = SagaState.WaitingToDo.class, name = "waiting-to-do"),
    @JsonSubTypes.Type(value = SagaState.Undoing.class, name = "undoing"),
    @JsonSubTypes.Type(value = SagaState.WaitingToUndo.class, name = "waiting-to-undo"),
    @JsonSubTypes.Type(value = SagaState.Parked.class, name = "parked"),
    @JsonSubTypes.Type(value = SagaState.Completed.class, name = "completed"),
    @JsonSubTypes.Type(value = SagaState.RolledBack.class, name = "rolled-back")
})
public sealed interface SagaState {

    Course course();

    /** Nothing was sent yet: it waits for its turn, and for an epoch. */
    record Planned(Course course) implements SagaState {}

    /**
     * Going forward: the command is at a worker, or on its way there, or its answer on the way back.
     *
     * @param command the one whose answer counts
     * @param tries attempts since the step began or an operator's retry, this one included
     */
    record Doing(Course course, StepKey command, int tries) implements SagaState {
        public Doing {
            require(command, Direction.DO, tries);
        }
    }

    /**
     * Going forward, between two attempts: the last one failed in a way that may pass.
     *
     * @param command the one that will be sent when the pause is over
     * @param tries attempts as they will be then
     * @param cause what the last attempt failed with
     */
    record WaitingToDo(Course course, StepKey command, int tries, Failure cause) implements SagaState {
        public WaitingToDo {
            require(command, Direction.DO, tries);
        }
    }

    /**
     * Going back: this step and every one before it is taken back; every one after it is undone, or was
     * never begun. It never goes forward again.
     *
     * @param command the one whose answer counts
     * @param tries attempts since it came to this step or an operator's retry, this one included
     */
    record Undoing(Course course, StepKey command, int tries) implements SagaState {
        public Undoing {
            require(command, Direction.UNDO, tries);
        }
    }

    /**
     * Going back, between two attempts.
     *
     * @param command the one that will be sent when the pause is over
     * @param tries attempts as they will be then
     * @param cause what the last attempt failed with
     */
    record WaitingToUndo(Course course, StepKey command, int tries, Failure cause) implements SagaState {
        public WaitingToUndo {
            require(command, Direction.UNDO, tries);
        }
    }

    /**
     * Needs a person: nothing is sent and nothing is waited for until an operator retries (on in the same
     * direction) or, before COMMIT and going forward, cancels (back). A command that had timed out may
     * still take effect meanwhile; the retry's higher epoch shuts it out.
     *
     * @param command the last one, which did not succeed
     * @param cause why it is parked
     */
    record Parked(Course course, StepKey command, Failure cause) implements SagaState {}

    /** Final: every step was taken; nothing takes effect any more. */
    record Completed(Course course) implements SagaState {}

    /** Final: every step that had begun was taken back, or left nothing to take back. */
    record RolledBack(Course course) implements SagaState {}

    /** The command whose answer counts; empty if none does. */
    default Optional<StepKey> inFlight() {
        return switch (this) {
            case Doing doing -> Optional.of(doing.command());
            case Undoing undoing -> Optional.of(undoing.command());
            case Planned _, WaitingToDo _, WaitingToUndo _, Parked _, Completed _, RolledBack _ -> Optional.empty();
        };
    }

    /** What it waits for; a due deadline becomes a {@code TimedOut} of this. Empty exactly if there is no deadline. */
    default Optional<Timer> timer() {
        return switch (this) {
            case Doing doing -> Optional.of(new Timer(Timer.Kind.SILENCE, doing.command()));
            case Undoing undoing -> Optional.of(new Timer(Timer.Kind.SILENCE, undoing.command()));
            case WaitingToDo waiting -> Optional.of(new Timer(Timer.Kind.BACK_OFF, waiting.command()));
            case WaitingToUndo waiting -> Optional.of(new Timer(Timer.Kind.BACK_OFF, waiting.command()));
            case Planned _, Parked _, Completed _, RolledBack _ -> Optional.empty();
        };
    }

    /** The command in flight, the one to be sent next, or the one that parked it; empty before it begins and after its end. */
    default Optional<StepKey> position() {
        return switch (this) {
            case Doing doing -> Optional.of(doing.command());
            case Undoing undoing -> Optional.of(undoing.command());
            case WaitingToDo waiting -> Optional.of(waiting.command());
            case WaitingToUndo waiting -> Optional.of(waiting.command());
            case Parked parked -> Optional.of(parked.command());
            case Planned _, Completed _, RolledBack _ -> Optional.empty();
        };
    }

    /** What operators are shown. */
    default UpgradeStatus.State status() {
        return switch (this) {
            case Planned _, Doing _, WaitingToDo _ -> UpgradeStatus.State.RUNNING;
            case Undoing _, WaitingToUndo _ -> UpgradeStatus.State.ROLLING_BACK;
            case Parked _ -> UpgradeStatus.State.PARKED;
            case Completed _ -> UpgradeStatus.State.COMPLETED;
            case RolledBack _ -> UpgradeStatus.State.ROLLED_BACK;
        };
    }

    /** Why it is parked, or why it turned back, or why it tries again; empty if nothing failed. */
    default Optional<Failure> failure() {
        return switch (this) {
            case Parked parked -> Optional.of(parked.cause());
            case WaitingToDo waiting -> Optional.of(waiting.cause());
            case Planned _, Doing _, Undoing _, WaitingToUndo _, Completed _, RolledBack _ ->
                Optional.ofNullable(course().failure());
        };
    }

    /** The step that {@link #position()} is at. */
    default Optional<StepName> step() {
        return position().map(key -> course().plan().step(key.step()));
    }

    /**
     * Where the step at this position of the plan is. FAILED: it did not succeed and nothing is under way
     * to mend it, because it is parked there or because it left nothing to take back.
     */
    default StepState stepState(int index) {
        return course().plan().step(index).hasDo() ? doableState(index) : wayBackState(index);
    }

    /** Of a step that is only ever taken back: pending until that begins. */
    private StepState wayBackState(int index) {
        return switch (doableState(index)) {
            case UNDOING -> StepState.RUNNING;
            case UNDONE -> StepState.DONE;
            case FAILED -> StepState.FAILED;
            case PENDING, RUNNING, DONE -> StepState.PENDING;
        };
    }

    private StepState doableState(int index) {
        return switch (this) {
            case Planned _ -> StepState.PENDING;
            case Doing doing -> whileDoing(index, doing.command(), StepState.RUNNING);
            case WaitingToDo waiting -> whileDoing(index, waiting.command(), StepState.RUNNING);
            case Undoing undoing -> whileUndoing(index, undoing.command().step(), StepState.UNDOING);
            case WaitingToUndo waiting -> whileUndoing(index, waiting.command().step(), StepState.UNDOING);
            case Parked parked ->
                switch (parked.command().direction()) {
                    case DO -> whileDoing(index, parked.command(), StepState.FAILED);
                    case UNDO -> whileUndoing(index, parked.command().step(), StepState.FAILED);
                };
            case Completed _ -> StepState.DONE;
            case RolledBack _ -> whileUndoing(index, -1, StepState.UNDONE);
        };
    }

    private StepState whileDoing(int index, StepKey at, StepState there) {
        if (index == at.step()) {
            return there;
        }
        return index < at.step() ? StepState.DONE : StepState.PENDING;
    }

    private StepState whileUndoing(int index, int at, StepState there) {
        if (index == at) {
            return there;
        }
        if (index > course().reached()) {
            return StepState.PENDING;
        }
        if (index > at && course().plan().step(index).hasUndo()) {
            return StepState.UNDONE;
        }
        return index == course().reached() ? StepState.FAILED : StepState.DONE;
    }

    private static void require(StepKey command, Direction direction, int tries) {
        if (command.direction() != direction || tries < 1) {
            throw new IllegalArgumentException(
                    "a state of " + direction + " cannot have " + command + ", try " + tries);
        }
    }
}
