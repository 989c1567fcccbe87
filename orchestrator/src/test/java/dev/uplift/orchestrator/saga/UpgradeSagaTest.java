package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.FETCH;
import static dev.uplift.contract.StepName.LOCATE;
import static dev.uplift.contract.StepName.PREFLIGHT;
import static dev.uplift.contract.StepName.PREFLIGHT_DATABASE;
import static dev.uplift.contract.StepName.REINSTATE;
import static dev.uplift.contract.StepName.SCALE;
import static dev.uplift.contract.StepName.SOAK;
import static dev.uplift.contract.StepName.STAGE;
import static dev.uplift.contract.StepName.START;
import static dev.uplift.contract.StepName.STOP;
import static dev.uplift.contract.StepName.SWITCH;
import static dev.uplift.contract.UpgradeStatus.State.COMPLETED;
import static dev.uplift.contract.UpgradeStatus.State.PARKED;
import static dev.uplift.contract.UpgradeStatus.State.ROLLED_BACK;
import static dev.uplift.contract.UpgradeStatus.State.ROLLING_BACK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.Kind;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What operators may rely on, one saga at a time. */
class UpgradeSagaTest {

    @Test
    void anUpgradeTakesItsStepsInOrderAndIsCompleted() {
        Scenario.of(SagaPlan.UPGRADE)
                .begins()
                .expects(DO, PREFLIGHT)
                .succeeds()
                .expects(DO, PREFLIGHT_DATABASE)
                .succeeds()
                .expects(DO, FETCH)
                .succeeds()
                .expects(DO, STAGE)
                .succeeds()
                .expects(DO, STOP)
                .succeeds()
                .expects(DO, BACKUP)
                .succeeds()
                .expects(DO, SWITCH)
                .succeeds()
                .expects(DO, START)
                .withEpoch(1)
                .succeeds()
                .expects(DO, SCALE)
                .succeeds()
                .expects(DO, SOAK)
                .succeeds()
                .expects(DO, COMMIT)
                .withEpoch(1)
                .succeeds()
                .is(COMPLETED)
                .hasNoFailure();
    }

    @Test
    void aFailedStartIsTakenBackWithAllThatWasDoneBeforeAndTheBackupIsRestored() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(START)
                .fails(ErrorCode.EXITED)
                .is(ROLLING_BACK)
                .expects(UNDO, START)
                .withEpoch(2)
                .withPivot(true)
                .succeeds()
                .expects(UNDO, SWITCH)
                .succeeds()
                .expects(UNDO, BACKUP)
                .withPivot(true)
                .succeeds()
                .expects(UNDO, STOP)
                .succeeds()
                .expects(UNDO, STAGE)
                .withEpoch(2)
                .succeeds()
                .is(ROLLED_BACK)
                .failedWith(START, DO, ErrorCode.EXITED);
    }

    @Test
    void beforeThePivotTheBackupNeedNotBeRestored() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(SWITCH)
                .withPivot(false)
                .fails(ErrorCode.HOST_STORAGE)
                .expects(UNDO, SWITCH)
                .succeeds()
                .expects(UNDO, BACKUP)
                .withPivot(false)
                .succeeds()
                .expects(UNDO, STOP)
                .succeeds()
                .expects(UNDO, STAGE)
                .succeeds()
                .is(ROLLED_BACK);
    }

    @Test
    void aRefusedPreflightLeavesNothingToTakeBack() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(PREFLIGHT)
                .fails(ErrorCode.PREFLIGHT_REFUSED)
                .is(ROLLED_BACK)
                .failedWith(PREFLIGHT, DO, ErrorCode.PREFLIGHT_REFUSED);
    }

    @Test
    void aStepThatFailsInAWayThatMayPassIsTriedAgainAfterLongerAndLongerPauses() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(FETCH)
                .failsForNow(ErrorCode.ARTIFACT_UNAVAILABLE)
                .pausesFor(Duration.ofSeconds(1))
                .pauseEnds()
                .expects(DO, FETCH)
                .attempt(2)
                .withEpoch(1)
                .failsForNow(ErrorCode.ARTIFACT_UNAVAILABLE)
                .pausesFor(Duration.ofSeconds(2))
                .pauseEnds()
                .expects(DO, FETCH)
                .attempt(3)
                .failsForNow(ErrorCode.ARTIFACT_UNAVAILABLE)
                .is(ROLLED_BACK)
                .failedWith(FETCH, DO, ErrorCode.ARTIFACT_UNAVAILABLE);
    }

    @Test
    void aStepThatIsSilentForTooLongMayHaveHappenedAndIsTakenBack() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(STOP)
                .isSilent()
                .failedWith(STOP, DO, ErrorCode.TIMED_OUT)
                .expects(UNDO, STOP)
                .withEpoch(2)
                .answeredLate(DO, STOP, 1)
                .isIgnored()
                .expects(UNDO, STOP)
                .succeeds()
                .expects(UNDO, STAGE)
                .succeeds()
                .is(ROLLED_BACK);
    }

    @Test
    void progressOnlyMovesTheDeadline() {
        Scenario start = Scenario.of(SagaPlan.UPGRADE).reaches(START);
        start.deadlineIsAfter(SagaLimits.DEFAULT.pickUpWithin());
        start.progresses().deadlineIsAfter(SagaLimits.DEFAULT.silenceMax()).countsAsNoTransition();
    }

    @Test
    void anUndoIsTriedAgainThenParkedAndGoesOnWhereItWasWhenAnOperatorRetries() {
        Scenario backup = Scenario.of(SagaPlan.UPGRADE)
                .reaches(BACKUP)
                .fails(ErrorCode.BACKUP_FAILED)
                .expects(UNDO, BACKUP)
                .succeeds();
        for (int attempt = 1; attempt < SagaLimits.DEFAULT.undoAttemptsMax(); attempt++) {
            backup.expects(UNDO, STOP)
                    .attempt(attempt)
                    .failsForNow(ErrorCode.UNHEALTHY)
                    .pauseEnds();
        }
        backup.expects(UNDO, STOP)
                .attempt(5)
                .withEpoch(2)
                .failsForNow(ErrorCode.UNHEALTHY)
                .is(PARKED)
                .failedWith(STOP, UNDO, ErrorCode.UNHEALTHY)
                .cancelled()
                .isIgnored()
                .retried()
                .expects(UNDO, STOP)
                .attempt(6)
                .withEpoch(3)
                .answeredLate(UNDO, STOP, 5)
                .isIgnored()
                .expects(UNDO, STOP)
                .succeeds()
                .expects(UNDO, STAGE)
                .succeeds()
                .is(ROLLED_BACK)
                .failedWith(BACKUP, DO, ErrorCode.BACKUP_FAILED);
    }

    @Test
    void anUndoThatIsSilentForTooLongIsTriedAgainWithTheNextEpoch() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(START)
                .fails(ErrorCode.EXITED)
                .expects(UNDO, START)
                .withEpoch(2)
                .isSilent()
                .pauseEnds()
                .expects(UNDO, START)
                .attempt(2)
                .withEpoch(3)
                .answeredLate(UNDO, START, 1)
                .isIgnored()
                .expects(UNDO, START)
                .succeeds()
                .expects(UNDO, SWITCH)
                .withEpoch(3);
    }

    @Test
    void anUndoThatFailsForGoodIsParkedAtOnce() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(BACKUP)
                .fails(ErrorCode.BACKUP_FAILED)
                .expects(UNDO, BACKUP)
                .fails(ErrorCode.RESTORE_FAILED)
                .is(PARKED)
                .failedWith(BACKUP, UNDO, ErrorCode.RESTORE_FAILED);
    }

    @Test
    void aCancelBeforeCommitTurnsBackFromTheVeryStep() {
        for (int index = 0; index < SagaPlan.UPGRADE.steps().size() - 1; index++) {
            Scenario.of(SagaPlan.UPGRADE).reaches(index).cancelled().turnedBackFrom(index);
            Scenario.of(SagaPlan.UPGRADE)
                    .reaches(index)
                    .failsForNow(ErrorCode.DATABASE_UNAVAILABLE)
                    .cancelled()
                    .turnedBackFrom(index);
        }
    }

    @Test
    void aCancelBeforeTheBeginningSendsNothing() {
        Scenario.of(SagaPlan.UPGRADE).cancelled().is(ROLLED_BACK).hasEpoch(0);
    }

    @Test
    void whatIsBeingCommittedCannotBeCancelled() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(COMMIT)
                .cancelled()
                .isIgnored()
                .failsForNow(ErrorCode.HOST_STORAGE)
                .cancelled()
                .isIgnored()
                .pauseEnds()
                .expects(DO, COMMIT)
                .fails(ErrorCode.HOST_UNEXPECTED)
                .is(PARKED)
                .cancelled()
                .isIgnored();
    }

    @Test
    void aCommitIsTriedAgainThenParkedAndNeverRolledBack() {
        Scenario commit = Scenario.of(SagaPlan.UPGRADE).reaches(COMMIT);
        for (int attempt = 1; attempt < SagaLimits.DEFAULT.commitAttemptsMax(); attempt++) {
            commit.expects(DO, COMMIT)
                    .attempt(attempt)
                    .withEpoch(attempt)
                    .isSilent()
                    .pauseEnds();
        }
        commit.expects(DO, COMMIT)
                .attempt(10)
                .isSilent()
                .is(PARKED)
                .failedWith(COMMIT, DO, ErrorCode.TIMED_OUT)
                .retried()
                .expects(DO, COMMIT)
                .attempt(11)
                .succeeds()
                .is(COMPLETED)
                .hasNoFailure();
    }

    @Test
    void aFencedStepTurnsBackEvenIfTheWorkerCallsItRetryable() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(STOP)
                .failsForNow(ErrorCode.FENCED)
                .expects(UNDO, STOP)
                .withEpoch(2);
    }

    @Test
    void aFencedUndoAndAFencedCommitAreTriedAgainWithTheNextEpoch() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(STOP)
                .fails(ErrorCode.STILL_RUNNING)
                .expects(UNDO, STOP)
                .withEpoch(2)
                .fails(ErrorCode.FENCED)
                .pauseEnds()
                .expects(UNDO, STOP)
                .attempt(2)
                .withEpoch(3);
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(COMMIT)
                .fails(ErrorCode.FENCED)
                .pauseEnds()
                .expects(DO, COMMIT)
                .attempt(2)
                .withEpoch(2);
    }

    @Test
    void anInterferenceParksWithoutAnotherCommandAndTheOperatorChoosesTheWay() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(SOAK)
                .failsForNow(ErrorCode.INTERFERED)
                .is(PARKED)
                .failedWith(SOAK, DO, ErrorCode.INTERFERED)
                .retried()
                .expects(DO, SOAK)
                .attempt(2)
                .withEpoch(2)
                .succeeds()
                .expects(DO, COMMIT)
                .succeeds()
                .is(COMPLETED);
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(STOP)
                .fails(ErrorCode.INTERFERED)
                .is(PARKED)
                .cancelled()
                .expects(UNDO, STOP)
                .withEpoch(2)
                .succeeds()
                .expects(UNDO, STAGE)
                .succeeds()
                .is(ROLLED_BACK)
                .failedWith(STOP, DO, ErrorCode.CANCELLED);
    }

    @Test
    void anInterferenceParksOnTheWayBackAndAtCommitToo() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(STOP)
                .fails(ErrorCode.STILL_RUNNING)
                .expects(UNDO, STOP)
                .failsForNow(ErrorCode.INTERFERED)
                .is(PARKED);
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(COMMIT)
                .failsForNow(ErrorCode.INTERFERED)
                .is(PARKED);
    }

    @Test
    void anInterferenceBeforeAnythingWasLeftBehindEndsTheSaga() {
        Scenario.of(SagaPlan.UPGRADE).reaches(FETCH).fails(ErrorCode.INTERFERED).is(ROLLED_BACK);
    }

    @Test
    void aDryRunLooksAndEndsWithoutTakingAnythingBack() {
        Scenario.of(SagaPlan.DRY_RUN)
                .begins()
                .expects(DO, PREFLIGHT)
                .succeeds()
                .expects(DO, PREFLIGHT_DATABASE)
                .succeeds()
                .expects(DO, LOCATE)
                .succeeds()
                .is(COMPLETED);
        Scenario.of(SagaPlan.DRY_RUN)
                .reaches(LOCATE)
                .fails(ErrorCode.ARTIFACT_UNAVAILABLE)
                .is(ROLLED_BACK);
        Scenario.of(SagaPlan.DRY_RUN).reaches(PREFLIGHT).isSilent().is(ROLLED_BACK);
    }

    @Test
    void aRestoreReachesThePivotWhenItReplacesTheData() {
        Scenario.of(SagaPlan.RESTORE)
                .reaches(SWITCH)
                .withPivot(false)
                .succeeds()
                .expects(DO, REINSTATE)
                .withPivot(true)
                .fails(ErrorCode.RESTORE_FAILED)
                .expects(UNDO, SWITCH)
                .succeeds()
                .expects(UNDO, BACKUP)
                .withPivot(true)
                .succeeds()
                .expects(UNDO, STOP)
                .succeeds()
                .is(ROLLED_BACK);
    }

    @Test
    void aPathOfTwoHopsIsTakenBackStepByStepPosition() {
        SagaPlan path =
                new SagaPlan(Kind.UPGRADE, List.of(STOP, BACKUP, SWITCH, START, SWITCH, START, SCALE, SOAK, COMMIT));
        Scenario.of(path)
                .reaches(5)
                .fails(ErrorCode.EXITED)
                .expectsAt(5, UNDO, START)
                .succeeds()
                .expectsAt(4, UNDO, SWITCH)
                .succeeds()
                .expectsAt(3, UNDO, START)
                .succeeds()
                .expectsAt(2, UNDO, SWITCH)
                .withPivot(true)
                .succeeds()
                .expectsAt(1, UNDO, BACKUP)
                .succeeds()
                .expectsAt(0, UNDO, STOP)
                .succeeds()
                .is(ROLLED_BACK);
    }

    @Test
    void aSagaThatGoesRoundInCirclesIsParkedAndCountsAfreshWhenAnOperatorRetries() {
        SagaLimits fewTransitions = new SagaLimits(
                3,
                5,
                10,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                3);
        Scenario.of(SagaPlan.UPGRADE, fewTransitions)
                .begins()
                .expects(DO, PREFLIGHT)
                .succeeds()
                .expects(DO, PREFLIGHT_DATABASE)
                .succeeds()
                .expects(DO, FETCH)
                .succeeds()
                .is(PARKED)
                .failedWith(STAGE, DO, ErrorCode.INTERNAL)
                .retried()
                .expects(DO, STAGE)
                .withEpoch(2)
                .succeeds()
                .expects(DO, STOP);
    }

    @Test
    void whatHasEndedIgnoresEverything() {
        Scenario.of(SagaPlan.DRY_RUN)
                .reaches(PREFLIGHT)
                .fails(ErrorCode.PREFLIGHT_REFUSED)
                .is(ROLLED_BACK)
                .answeredLate(DO, PREFLIGHT, 1)
                .isIgnored()
                .cancelled()
                .isIgnored()
                .retried()
                .isIgnored()
                .begins()
                .isIgnored();
    }

    @Test
    void everyStateTakesEveryEvent() {
        Course course = new Course(SagaPlan.UPGRADE, 3, 7, 9, null);
        Failure cause = new Failure(START, DO, ErrorCode.EXITED, "exit code 1");
        StepKey start = new StepKey(7, DO, 2);
        StepKey halt = new StepKey(7, UNDO, 2);
        for (SagaState state : List.of(
                UpgradeSaga.planned(SagaPlan.UPGRADE),
                new SagaState.Doing(course, start, 1),
                new SagaState.WaitingToDo(course, start, 1, cause),
                new SagaState.Undoing(course, halt, 1),
                new SagaState.WaitingToUndo(course, halt, 1, cause),
                new SagaState.Parked(course, start, cause),
                new SagaState.Parked(course, halt, cause),
                new SagaState.Completed(course),
                new SagaState.RolledBack(course))) {
            for (StepKey key : List.of(start, halt)) {
                for (SagaEvent event : List.of(
                        new SagaEvent.Begin(1),
                        new SagaEvent.Succeeded(key),
                        new SagaEvent.Failed(key, ErrorCode.INTERNAL, true, "a defect"),
                        new SagaEvent.Progressed(key),
                        new SagaEvent.TimedOut(new Timer(Timer.Kind.SILENCE, key)),
                        new SagaEvent.TimedOut(new Timer(Timer.Kind.BACK_OFF, key)),
                        new SagaEvent.CancelRequested("an operator"),
                        new SagaEvent.RetryRequested())) {
                    Transition transition = UpgradeSaga.next(state, event, SagaLimits.DEFAULT);
                    assertThat(transition).isEqualTo(UpgradeSaga.next(state, event, SagaLimits.DEFAULT));
                    assertThat(transition.next().course().epoch())
                            .isGreaterThanOrEqualTo(state.course().epoch());
                }
            }
        }
    }
}
