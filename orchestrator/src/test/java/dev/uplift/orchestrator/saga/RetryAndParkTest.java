/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.FETCH;
import static dev.uplift.contract.StepName.PREFLIGHT;
import static dev.uplift.contract.StepName.PREFLIGHT_DATABASE;
import static dev.uplift.contract.StepName.SOAK;
import static dev.uplift.contract.StepName.STAGE;
import static dev.uplift.contract.StepName.START;
import static dev.uplift.contract.StepName.STOP;
import static dev.uplift.contract.StepName.SWITCH;
import static dev.uplift.contract.UpgradeStatus.State.COMPLETED;
import static dev.uplift.contract.UpgradeStatus.State.PARKED;
import static dev.uplift.contract.UpgradeStatus.State.ROLLED_BACK;

import dev.uplift.contract.ErrorCode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What operators may rely on, one saga at a time: what is tried again, and what needs a person. */
class RetryAndParkTest {
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
    void aBackupThatLacksWhatAPersonMayHaveWrittenParksUntilThatPersonCancels() {
        Scenario.of(SagaPlan.UPGRADE)
                .reaches(SWITCH)
                .failsForNow(ErrorCode.BACKUP_OUTDATED)
                .is(PARKED)
                .failedWith(SWITCH, DO, ErrorCode.BACKUP_OUTDATED)
                .cancelled()
                .expects(UNDO, SWITCH)
                .withEpoch(2);
    }

    @Test
    void anInterferenceBeforeAnythingWasLeftBehindEndsTheSaga() {
        Scenario.of(SagaPlan.UPGRADE).reaches(FETCH).fails(ErrorCode.INTERFERED).is(ROLLED_BACK);
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
}
