/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.orchestrator.saga.SagaEvent.Answer;
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
import dev.uplift.orchestrator.saga.Timer.Kind;
import dev.uplift.orchestrator.saga.Transition.Ignored;
import dev.uplift.orchestrator.saga.Transition.Moved;

/** {@link UpgradeSaga#next} with one mistake each, as somebody might make it. The search must catch every one. */
enum Mutant implements NextFunction {
    /** Any answer counts, whichever command it is to. */
    NO_STALE_GUARD {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            SagaEvent mistaken = event instanceof Answer answer
                    ? state.inFlight()
                            .<SagaEvent>map(key -> rekeyed(answer, key))
                            .orElse(event)
                    : event;
            return UpgradeSaga.next(state, mistaken, limits);
        }
    },
    /** Going back begins at the step before the one that failed. */
    FAILED_STEP_NOT_UNDONE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return turnsBack(state, right)
                    ? UpgradeSaga.next(right.next(), new Succeeded(inFlight(right.next())), limits)
                    : right;
        }
    },
    /** A step that timed out is believed not to have happened. */
    TIMED_OUT_STEP_NOT_UNDONE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return event instanceof TimedOut
                    ? FAILED_STEP_NOT_UNDONE.next(state, event, limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** A step that timed out is believed to have happened. */
    TIMED_OUT_STEP_TAKEN_AS_DONE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return state instanceof Doing && waitsFor(state, event)
                    ? UpgradeSaga.next(state, new Succeeded(inFlight(state)), limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** A step back that timed out is believed to have happened. */
    TIMED_OUT_UNDO_TAKEN_AS_DONE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return state instanceof Undoing && waitsFor(state, event)
                    ? UpgradeSaga.next(state, new Succeeded(inFlight(state)), limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** Parked is for ever. */
    NO_OPERATOR_RETRY {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return event instanceof RetryRequested
                    ? new Ignored(state, "a mistake")
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** An operator's retry sends the same key again, so that the old answer counts. */
    RETRY_REUSES_THE_KEY {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return state instanceof Parked parked && event instanceof RetryRequested
                    ? inFlight(right.next().course(), parked.command())
                    : right;
        }
    },
    /** The turn after a time-out keeps the epoch. */
    EPOCH_NOT_RAISED_WHEN_A_STEP_TIMES_OUT {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return state instanceof Doing && event instanceof TimedOut
                    ? withEpoch(right, state.course().epoch())
                    : right;
        }
    },
    /** The turn after a cancel keeps the epoch. */
    EPOCH_NOT_RAISED_BY_A_CANCEL {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return event instanceof CancelRequested
                    ? withEpoch(right, state.course().epoch())
                    : right;
        }
    },
    /** Only the turn raises the epoch, not a step back that timed out: a paused worker may act later. */
    EPOCH_NOT_RAISED_WHEN_AN_UNDO_TIMES_OUT {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return state instanceof Undoing && event instanceof TimedOut
                    ? withEpoch(right, state.course().epoch())
                    : right;
        }
    },
    /** Going back begins with an epoch that was in use before. */
    EPOCH_FALLS_AT_THE_TURN {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return turnsBack(state, right) ? withEpoch(right, state.course().epoch() - 1) : right;
        }
    },
    /** Going back is in the order of going forward. */
    UNDO_IN_THE_ORDER_OF_DOING {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            if (turnsBack(state, right)) {
                return undo(right, 0);
            }
            if (state instanceof Undoing undoing && event instanceof Succeeded succeeded && counts(state, succeeded)) {
                int following = undoing.command().step() + 1;
                return following <= state.course().reached() && hasUndo(state, following)
                        ? undo(new Moved(state, null, null), following)
                        : new Moved(new RolledBack(state.course()), null, null);
            }
            return right;
        }
    },
    /** Whatever failed is believed to be undone by giving up. */
    GIVES_UP_INSTEAD_OF_PARKING {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return right.next() instanceof Parked parked && !(state instanceof Parked)
                    ? new Moved(new RolledBack(parked.course()), null, null)
                    : right;
        }
    },
    /** A cancel is forgotten between two attempts. */
    CANCEL_IGNORED_BETWEEN_ATTEMPTS {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return state instanceof WaitingToDo && event instanceof CancelRequested
                    ? new Ignored(state, "a mistake")
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** A cancel counts at COMMIT too. */
    COMMIT_CAN_BE_CANCELLED {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return event instanceof CancelRequested
                    ? UpgradeSaga.next(beforeCommit(state), event, limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** A COMMIT that failed, or timed out, is rolled back as any other step. */
    COMMIT_ROLLS_BACK {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            boolean failed =
                    event instanceof Failed answer && answer.code() != ErrorCode.INTERFERED && counts(state, answer);
            SagaState before = beforeCommit(state);
            return !before.equals(state) && (failed || waitsFor(state, event))
                    ? UpgradeSaga.next(
                            before, new Failed(inFlight(before), ErrorCode.EXITED, false, "a mistake"), limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** Workers are not told that the data may have changed. */
    PIVOT_FORGOTTEN {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return right instanceof Moved moved && moved.command() != null
                    ? new Moved(
                            moved.next(),
                            new Command(
                                    moved.command().key(),
                                    moved.command().step(),
                                    moved.command().epoch(),
                                    false),
                            moved.deadline())
                    : right;
        }
    },
    /** An interference is a failure like another. */
    INTERFERENCE_TAKEN_AS_FAILURE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return event instanceof Failed failed && failed.code() == ErrorCode.INTERFERED
                    ? UpgradeSaga.next(state, new Failed(failed.key(), ErrorCode.UNHEALTHY, true, "a mistake"), limits)
                    : UpgradeSaga.next(state, event, limits);
        }
    },
    /** Nobody watches a command that a worker once gave a sign of life for. */
    DEADLINE_LOST_AFTER_PROGRESS {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            Transition right = UpgradeSaga.next(state, event, limits);
            return right instanceof Moved moved && event instanceof Progressed
                    ? new Moved(moved.next(), moved.command(), null)
                    : right;
        }
    },
    /** After a pause nothing is sent. */
    STUCK_AFTER_THE_PAUSE {
        @Override
        public Transition next(SagaState state, SagaEvent event, SagaLimits limits) {
            return event instanceof TimedOut due && due.timer().kind() == Kind.BACK_OFF
                    ? new Ignored(state, "a mistake")
                    : UpgradeSaga.next(state, event, limits);
        }
    };

    private static boolean turnsBack(SagaState before, Transition transition) {
        return !(before instanceof Parked)
                && (before instanceof Doing || before instanceof WaitingToDo)
                && transition.next() instanceof Undoing;
    }

    private static boolean counts(SagaState state, Answer answer) {
        return state.inFlight().filter(answer.key()::equals).isPresent();
    }

    private static boolean waitsFor(SagaState state, SagaEvent event) {
        return event instanceof TimedOut due
                && due.timer().kind() == Kind.SILENCE
                && state.timer().filter(due.timer()::equals).isPresent();
    }

    private static StepKey inFlight(SagaState state) {
        return state.inFlight().orElseThrow();
    }

    private static boolean hasUndo(SagaState state, int step) {
        return state.course().plan().step(step).hasUndo();
    }

    private static Answer rekeyed(Answer answer, StepKey key) {
        return switch (answer) {
            case Succeeded _ -> new Succeeded(key);
            case Progressed _ -> new Progressed(key);
            case Failed failed -> new Failed(key, failed.code(), failed.retryable(), failed.detail());
        };
    }

    private static SagaState beforeCommit(SagaState state) {
        return state instanceof Doing doing
                        && doing.course().plan().isCommit(doing.command().step())
                ? new Doing(doing.course(), new StepKey(doing.command().step() - 1, Direction.DO, 1), 1)
                : state;
    }

    private static Transition undo(Transition transition, int step) {
        return inFlight(transition.next().course(), StepKey.first(step, Direction.UNDO));
    }

    private static Transition inFlight(Course course, StepKey key) {
        return new Moved(
                switch (key.direction()) {
                    case DO -> new Doing(course, key, 1);
                    case UNDO -> new Undoing(course, key, 1);
                },
                new Command(key, course.plan().step(key.step()), course.epoch(), course.pivotReached()),
                new Deadline(new Timer(Kind.SILENCE, key), SagaLimits.DEFAULT.pickUpWithin()));
    }

    private static Transition withEpoch(Transition transition, long epoch) {
        return switch (transition) {
            case Ignored ignored -> ignored;
            case Moved moved ->
                new Moved(
                        withEpoch(moved.next(), epoch),
                        moved.command() == null
                                ? null
                                : new Command(
                                        moved.command().key(),
                                        moved.command().step(),
                                        epoch,
                                        moved.command().pivotReached()),
                        moved.deadline());
        };
    }

    private static SagaState withEpoch(SagaState state, long epoch) {
        Course was = state.course();
        Course course = new Course(was.plan(), epoch, was.reached(), was.transitionCount(), was.failure());
        return switch (state) {
            case Planned _ -> new Planned(course);
            case Doing doing -> new Doing(course, doing.command(), doing.tries());
            case WaitingToDo waiting -> new WaitingToDo(course, waiting.command(), waiting.tries(), waiting.cause());
            case Undoing undoing -> new Undoing(course, undoing.command(), undoing.tries());
            case WaitingToUndo waiting ->
                new WaitingToUndo(course, waiting.command(), waiting.tries(), waiting.cause());
            case Parked parked -> new Parked(course, parked.command(), parked.cause());
            case Completed _ -> new Completed(course);
            case RolledBack _ -> new RolledBack(course);
        };
    }
}
