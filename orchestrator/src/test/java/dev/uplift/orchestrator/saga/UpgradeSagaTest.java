/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.FETCH;
import static dev.uplift.contract.StepName.LOCATE;
import static dev.uplift.contract.StepName.MIGRATE_DOWN;
import static dev.uplift.contract.StepName.PREFLIGHT;
import static dev.uplift.contract.StepName.PREFLIGHT_DATABASE;
import static dev.uplift.contract.StepName.REINSTATE;
import static dev.uplift.contract.StepName.SAFETY_BACKUP;
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
import dev.uplift.contract.UpgradeStatus.StepState;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What operators may rely on, one saga at a time: the way there and the way back. */
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

    /** To the saga, what a runtime keeps back is under way for long. */
    @Test
    void aCommandThatWasKeptBackIsSentAsItWouldHaveBeenAtOnce() {
        Transition begun =
                UpgradeSaga.next(UpgradeSaga.planned(SagaPlan.UPGRADE), new SagaEvent.Begin(1), SagaLimits.DEFAULT);

        assertThat(UpgradeSaga.sent((SagaState.Doing) begun.next(), SagaLimits.DEFAULT))
                .isEqualTo(begun);
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
    void stepsThatAreOnlyTakenBackArePassedOverOnTheWayForward() {
        Scenario.of(SagaPlan.upgrade(Set.of(SagaPlan.Option.MIGRATE_DOWN)))
                .reaches(BACKUP)
                .succeeds()
                .expects(DO, SWITCH)
                .succeeds()
                .expects(DO, START)
                .succeeds()
                .expects(DO, SCALE)
                .fails(ErrorCode.UNHEALTHY)
                .expects(UNDO, SCALE)
                .succeeds()
                .expects(UNDO, START)
                .succeeds()
                .expects(UNDO, SWITCH)
                .succeeds()
                .expects(UNDO, SAFETY_BACKUP)
                .withPivot(true)
                .succeeds()
                .expects(UNDO, MIGRATE_DOWN)
                .succeeds()
                .expects(UNDO, BACKUP)
                .succeeds()
                .expects(UNDO, STOP)
                .succeeds()
                .expects(UNDO, STAGE)
                .succeeds()
                .is(ROLLED_BACK);
    }

    @Test
    void theStateOfAStepThatIsOnlyTakenBackTellsOfThat() {
        SagaPlan plan = SagaPlan.upgrade(Set.of(SagaPlan.Option.MIGRATE_DOWN));
        Course course = new Course(plan, 3, plan.steps().indexOf(SOAK), 9, null);
        int down = plan.steps().indexOf(MIGRATE_DOWN);

        assertThat(new SagaState.Doing(course, new StepKey(course.reached(), DO, 1), 1).stepState(down))
                .isEqualTo(StepState.PENDING);
        assertThat(new SagaState.Completed(course).stepState(down)).isEqualTo(StepState.PENDING);
        assertThat(new SagaState.Undoing(course, new StepKey(down + 1, UNDO, 1), 1).stepState(down))
                .isEqualTo(StepState.PENDING);
        assertThat(new SagaState.Undoing(course, new StepKey(down, UNDO, 1), 1).stepState(down))
                .isEqualTo(StepState.RUNNING);
        assertThat(new SagaState.RolledBack(course).stepState(down)).isEqualTo(StepState.DONE);
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
