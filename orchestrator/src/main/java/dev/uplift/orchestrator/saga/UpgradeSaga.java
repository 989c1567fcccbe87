/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.ErrorCode.CANCELLED;
import static dev.uplift.contract.ErrorCode.FENCED;
import static dev.uplift.contract.ErrorCode.INTERNAL;
import static dev.uplift.contract.ErrorCode.TIMED_OUT;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.orchestrator.saga.SagaEvent.Answer;
import dev.uplift.orchestrator.saga.SagaEvent.Begin;
import dev.uplift.orchestrator.saga.SagaEvent.CancelRequested;
import dev.uplift.orchestrator.saga.SagaEvent.Failed;
import dev.uplift.orchestrator.saga.SagaEvent.Progressed;
import dev.uplift.orchestrator.saga.SagaEvent.RetryRequested;
import dev.uplift.orchestrator.saga.SagaEvent.Succeeded;
import dev.uplift.orchestrator.saga.SagaEvent.TimedOut;
import dev.uplift.orchestrator.saga.SagaState.Completed;
import dev.uplift.orchestrator.saga.SagaState.Doing;
import dev.uplift.orchestrator.saga.SagaState.Parked;
import dev.uplift.orchestrator.saga.SagaState.Planned;
import dev.uplift.orchestrator.saga.SagaState.RolledBack;
import dev.uplift.orchestrator.saga.SagaState.Undoing;
import dev.uplift.orchestrator.saga.SagaState.WaitingToDo;
import dev.uplift.orchestrator.saga.SagaState.WaitingToUndo;
import dev.uplift.orchestrator.saga.Transition.Ignored;
import dev.uplift.orchestrator.saga.Transition.Moved;
import java.time.Duration;
import java.util.OptionalInt;

/**
 * The saga of one installation, as a total and pure function.
 *
 * <pre>
 *            Begin               Succeeded, last step
 *  Planned ────────▶ Doing ──────────────────────────────▶ Completed
 *     │              │ ▲ │ ▲ Succeeded: the next step
 *     │    retryable │ │ │ └──┘
 *     │              ▼ │ │
 *     │       WaitingToDo│ failed for good, timed out, cancelled:
 *     │              │   │ epoch + 1, back from this very step
 *     │    cancelled │   │   (COMMIT never: it is tried again, then parked)
 *     │              ▼   ▼          Succeeded, nothing left to undo
 *     │             Undoing ──────────────────────────────▶ RolledBack
 *     │              │ ▲ │ ▲ Succeeded: the undoable step before  ▲
 *     │ failed, or   │ │ │ └──┘                                   │
 *     │ timed out    ▼ │ │                                        │
 *     │    WaitingToUndo │                                        │
 *     │                  │ out of attempts, or failed for good    │
 *     │                  ▼                                        │
 *     │               Parked ── retry: on in the same direction, epoch + 1
 *     │                      └─ cancel: back, if it was going forward and not at COMMIT
 *     └───────────────────────────────────────────────────────────┘ cancelled
 * </pre>
 *
 * <ol>
 *   <li>At most one command is in flight, and its key is the correlation key. An answer or a due timer
 *       that is not of this key is ignored: that is all there is to stale, late and repeated messages.
 *   <li>A step that failed is taken back too, because a failure and, more so, a time-out leave open what
 *       the step did. Taking back what was never done succeeds; steps without an undo are passed over.
 *   <li>The epoch rises with every turn from DO to UNDO, with every command whose outcome is unknown
 *       (timed out, fenced), and with an operator's retry. Together with the fence at the target, no
 *       command that the saga has left behind takes effect after its successor did.
 *   <li>COMMIT and every UNDO have only one way out, on: they are tried again after a pause, and at the
 *       end of the attempts, or if the failure is not retryable, the saga is parked. COMMIT cannot be
 *       cancelled, and never rolls back.
 *   <li>{@code FENCED}: somebody holds a higher epoch at the target. A DO turns back with the next epoch,
 *       so that it stops short if the other is ahead by more. An UNDO and COMMIT are tried again with the
 *       next epoch: one live saga per installation means that the other can only be an earlier delivery
 *       of our own work, never another saga. If it persists, the saga is parked.
 *   <li>{@link ErrorCode#isByPerson}: a person is at work on the application. Nobody fights a person: the saga is
 *       parked where it is, without another command and without another attempt, in either direction and
 *       at COMMIT too. The application stays as that person left it. Only if no step so far leaves
 *       anything to take back does the saga end as rolled back.
 *   <li>A dry run has no step to take back, so every failure of it ends as rolled back at once.
 *   <li>Progress only moves the deadline. All else counts as a transition, and beyond the bound the saga
 *       is parked.
 * </ol>
 */
public final class UpgradeSaga {
    private UpgradeSaga() {}

    /** The first state of a saga that follows {@code plan}. */
    public static SagaState planned(SagaPlan plan) {
        return new Planned(Course.ahead(plan));
    }

    /** What {@code event} makes of {@code state}. Never throws, and depends on nothing but its arguments. */
    public static Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
        if (event instanceof Answer answer
                && !state.inFlight().filter(answer.key()::equals).isPresent()) {
            return new Ignored(state, "the answer is not to the command in flight");
        }
        if (event instanceof TimedOut due
                && !state.timer().filter(due.timer()::equals).isPresent()) {
            return new Ignored(state, "the timer is not the one that is waited for");
        }
        return switch (state) {
            case Planned planned -> whenPlanned(planned, event, limits);
            case Doing doing -> whenDoing(doing, event, limits);
            case WaitingToDo waiting -> whenWaitingToDo(waiting, event, limits);
            case Undoing undoing -> whenUndoing(undoing, event, limits);
            case WaitingToUndo waiting -> whenWaitingToUndo(waiting, event, limits);
            case Parked parked -> whenParked(parked, event, limits);
            case Completed _, RolledBack _ -> new Ignored(state, "the upgrade has ended");
        };
    }

    /**
     * The command of this state once more, with the time that a worker has for it: for a runtime that has kept it back. To
     * the saga that is a command that was under way for long, which may also never come.
     */
    public static Transition.Moved sent(Doing doing, SagaLimits limits) {
        return inFlight(doing, doing.course(), doing.command(), limits);
    }

    private static Transition whenPlanned(Planned planned, SagaEvent event, SagaLimits limits) {
        return switch (event) {
            case Begin begin ->
                attempt(planned.course().begun(begin.epoch()), StepKey.first(0, Direction.DO), 1, limits);
            case CancelRequested cancel -> {
                Course course = planned.course();
                Failure cause = failure(course, StepKey.first(0, Direction.DO), CANCELLED, cancel.detail());
                yield end(new RolledBack(course.stopped(cause).counted()));
            }
            case RetryRequested _ -> notParked(planned);
            case Answer _, TimedOut _ -> unexpected(planned);
        };
    }

    private static Transition whenDoing(Doing doing, SagaEvent event, SagaLimits limits) {
        Course course = doing.course();
        StepKey command = doing.command();
        return switch (event) {
            case Succeeded _ ->
                course.plan().endsAfter(command.step())
                        ? end(new Completed(course.counted()))
                        : attempt(
                                course,
                                StepKey.first(course.plan().doableFrom(command.step() + 1), Direction.DO),
                                1,
                                limits);
            case Failed failed -> whenDoFailed(doing, failed, limits);
            case Progressed _ -> sign(doing, command, limits);
            case TimedOut _ -> {
                Failure cause = failure(course, command, TIMED_OUT, silence(course, command));
                yield course.plan().isCommit(command.step())
                        ? again(course.raised(), command, doing.tries(), cause, limits)
                        : turnBack(course, command.step(), cause, limits);
            }
            case CancelRequested cancel -> cancel(doing, command, cancel, limits);
            case RetryRequested _ -> notParked(doing);
            case Begin _ -> begunAlready(doing);
        };
    }

    private static Transition whenDoFailed(Doing doing, Failed failed, SagaLimits limits) {
        Course course = doing.course();
        StepKey command = doing.command();
        Failure cause = failure(course, command, failed.code(), failed.detail());
        boolean commit = course.plan().isCommit(command.step());
        if (failed.code().isByPerson()
                && (commit || course.plan().undoableUpTo(command.step()).isPresent())) {
            return park(course, command, cause);
        }
        if (commit) {
            return mustGoOn(course, command, doing.tries(), failed, limits);
        }
        if (failed.retryable()
                && failed.code() != FENCED
                && !failed.code().isByPerson()
                && doing.tries() < limits.doAttemptsMax()) {
            return again(course, command, doing.tries(), cause, limits);
        }
        return turnBack(course, command.step(), cause, limits);
    }

    private static Transition whenWaitingToDo(WaitingToDo waiting, SagaEvent event, SagaLimits limits) {
        return switch (event) {
            case TimedOut _ -> attempt(waiting.course(), waiting.command(), waiting.tries(), limits);
            case CancelRequested cancel -> cancel(waiting, waiting.command(), cancel, limits);
            case RetryRequested _ -> notParked(waiting);
            case Begin _ -> begunAlready(waiting);
            case Answer _ -> unexpected(waiting);
        };
    }

    private static Transition whenUndoing(Undoing undoing, SagaEvent event, SagaLimits limits) {
        Course course = undoing.course();
        StepKey command = undoing.command();
        return switch (event) {
            case Succeeded _ -> takeBack(course, command.step() - 1, limits);
            case Failed failed -> mustGoOn(course, command, undoing.tries(), failed, limits);
            case Progressed _ -> sign(undoing, command, limits);
            case TimedOut _ ->
                again(
                        course.raised(),
                        command,
                        undoing.tries(),
                        failure(course, command, TIMED_OUT, silence(course, command)),
                        limits);
            case CancelRequested _ -> goingBackAlready(undoing);
            case RetryRequested _ -> notParked(undoing);
            case Begin _ -> begunAlready(undoing);
        };
    }

    private static Transition whenWaitingToUndo(WaitingToUndo waiting, SagaEvent event, SagaLimits limits) {
        return switch (event) {
            case TimedOut _ -> attempt(waiting.course(), waiting.command(), waiting.tries(), limits);
            case CancelRequested _ -> goingBackAlready(waiting);
            case RetryRequested _ -> notParked(waiting);
            case Begin _ -> begunAlready(waiting);
            case Answer _ -> unexpected(waiting);
        };
    }

    private static Transition whenParked(Parked parked, SagaEvent event, SagaLimits limits) {
        return switch (event) {
            case RetryRequested _ ->
                attempt(
                        parked.course().raised().countedAfresh(),
                        parked.command().again(),
                        1,
                        limits);
            case CancelRequested cancel ->
                switch (parked.command().direction()) {
                    case DO -> cancel(parked, parked.command(), cancel, limits);
                    case UNDO -> goingBackAlready(parked);
                };
            case Begin _ -> begunAlready(parked);
            case Answer _, TimedOut _ -> unexpected(parked);
        };
    }

    private static Transition cancel(SagaState state, StepKey at, CancelRequested cancel, SagaLimits limits) {
        Course course = state.course();
        if (course.plan().isCommit(at.step())) {
            return new Ignored(state, "the new version is being committed, which cannot be cancelled");
        }
        return turnBack(course.countedAfresh(), at.step(), failure(course, at, CANCELLED, cancel.detail()), limits);
    }

    /** From DO to UNDO: the one turn that a saga can make. */
    private static Transition turnBack(Course course, int from, Failure why, SagaLimits limits) {
        return takeBack(course.turned(why), from, limits);
    }

    private static Transition takeBack(Course course, int from, SagaLimits limits) {
        OptionalInt step = course.plan().undoableUpTo(from);
        return step.isPresent()
                ? attempt(course, StepKey.first(step.getAsInt(), Direction.UNDO), 1, limits)
                : end(new RolledBack(course.counted()));
    }

    /** A failed answer to a command that has only one way out: on. */
    private static Transition mustGoOn(Course course, StepKey command, int tries, Failed failed, SagaLimits limits) {
        Failure cause = failure(course, command, failed.code(), failed.detail());
        if (failed.code() == FENCED) {
            return again(course.raised(), command, tries, cause, limits);
        }
        return failed.retryable() && !failed.code().isByPerson()
                ? again(course, command, tries, cause, limits)
                : park(course, command, cause);
    }

    /** The next attempt after a pause; without one left, the saga is parked. */
    private static Transition again(Course course, StepKey command, int tries, Failure cause, SagaLimits limits) {
        if (tries >= attemptsMax(course.plan(), command, limits)) {
            return park(course, command, cause);
        }
        Course counted = course.counted();
        if (counted.transitionCount() > limits.transitionsMax()) {
            return goingRound(counted, command, limits);
        }
        StepKey next = command.again();
        SagaState waiting = switch (command.direction()) {
            case DO -> new WaitingToDo(counted, next, tries + 1, cause);
            case UNDO -> new WaitingToUndo(counted, next, tries + 1, cause);
        };
        return new Moved(waiting, null, new Deadline(new Timer(Timer.Kind.BACK_OFF, next), limits.backOffAfter(tries)));
    }

    private static int attemptsMax(SagaPlan plan, StepKey command, SagaLimits limits) {
        return switch (command.direction()) {
            case UNDO -> limits.undoAttemptsMax();
            case DO -> plan.isCommit(command.step()) ? limits.commitAttemptsMax() : limits.doAttemptsMax();
        };
    }

    private static Transition attempt(Course course, StepKey command, int tries, SagaLimits limits) {
        Course counted = switch (command.direction()) {
            case DO -> course.reaching(command.step()).counted();
            case UNDO -> course.counted();
        };
        if (counted.transitionCount() > limits.transitionsMax()) {
            return goingRound(counted, command, limits);
        }
        SagaState inFlight = switch (command.direction()) {
            case DO -> new Doing(counted, command, tries);
            case UNDO -> new Undoing(counted, command, tries);
        };
        return inFlight(inFlight, counted, command, limits);
    }

    private static Moved inFlight(SagaState state, Course course, StepKey command, SagaLimits limits) {
        return new Moved(
                state,
                new Command(command, course.plan().step(command.step()), course.epoch(), course.pivotReached()),
                silenceWithin(command, limits.pickUpWithin()));
    }

    private static Transition sign(SagaState state, StepKey command, SagaLimits limits) {
        return new Moved(state, null, silenceWithin(command, limits.silenceMax()));
    }

    private static Deadline silenceWithin(StepKey command, Duration after) {
        return new Deadline(new Timer(Timer.Kind.SILENCE, command), after);
    }

    private static Transition goingRound(Course course, StepKey command, SagaLimits limits) {
        return park(
                course,
                command,
                failure(
                        course,
                        command,
                        INTERNAL,
                        "the saga made more than " + limits.transitionsMax() + " transitions"));
    }

    private static Transition park(Course course, StepKey command, Failure cause) {
        return end(new Parked(course.counted(), command, cause));
    }

    private static Transition end(SagaState state) {
        return new Moved(state, null, null);
    }

    private static Failure failure(Course course, StepKey command, ErrorCode code, String detail) {
        return new Failure(course.plan().step(command.step()), command.direction(), code, detail);
    }

    private static String silence(Course course, StepKey command) {
        return "no sign of life from the "
                + course.plan().step(command.step()).service().wireName()
                + " service: whether the step took effect is not known";
    }

    private static Transition notParked(SagaState state) {
        return new Ignored(state, "only a parked upgrade can be retried");
    }

    private static Transition goingBackAlready(SagaState state) {
        return new Ignored(state, "the upgrade is being rolled back already");
    }

    private static Transition begunAlready(SagaState state) {
        return new Ignored(state, "the upgrade has begun already");
    }

    private static Transition unexpected(SagaState state) {
        return new Ignored(state, "nothing is in flight and nothing is waited for");
    }
}
