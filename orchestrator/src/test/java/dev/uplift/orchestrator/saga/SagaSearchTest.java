/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.StepName.BACKUP;
import static dev.uplift.contract.StepName.COMMIT;
import static dev.uplift.contract.StepName.REINSTATE;
import static dev.uplift.contract.StepName.START;
import static dev.uplift.contract.StepName.STOP;
import static dev.uplift.contract.StepName.SWITCH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus.Kind;
import dev.uplift.orchestrator.saga.SagaSearch.Report;
import dev.uplift.orchestrator.saga.TargetModel.Fences;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Every world that short plans can come to. The bounds are small, so that all of it takes seconds; the
 * mutants and the missing fences show that they are large enough to find what matters.
 */
class SagaSearchTest {
    private static final SagaPlan STOP_COMMIT = upgrade(STOP, COMMIT);
    private static final SagaPlan BACKUP_START_COMMIT = upgrade(BACKUP, START, COMMIT);
    private static final SagaPlan STOP_BACKUP_START_COMMIT = upgrade(STOP, BACKUP, START, COMMIT);
    private static final SagaPlan BACKUP_REINSTATE_COMMIT =
            new SagaPlan(Kind.RESTORE, List.of(BACKUP, REINSTATE, COMMIT));
    private static final SagaPlan BACKUP_SWITCH_REINSTATE_COMMIT =
            new SagaPlan(Kind.RESTORE, List.of(BACKUP, SWITCH, REINSTATE, COMMIT));

    @Test
    void threeStepsOfOneAttemptHoldEveryPropertyWithTwoRetriesOfAnOperator() {
        assertHolds(BACKUP_START_COMMIT, 1, 2, 150_000);
    }

    @Test
    void twoStepsOfTwoAttemptsHoldEveryPropertyWithARetryOfAnOperator() {
        assertHolds(STOP_COMMIT, 2, 1, 400_000);
    }

    @Test
    void threeStepsOfTwoAttemptsHoldEveryProperty() {
        assertHolds(BACKUP_START_COMMIT, 2, 0, 100_000);
    }

    @Test
    void fourStepsOfOneAttemptHoldEveryPropertyWithARetryOfAnOperator() {
        assertHolds(STOP_BACKUP_START_COMMIT, 1, 1, 30_000);
    }

    @Test
    void aRestoreHoldsEveryProperty() {
        assertHolds(BACKUP_REINSTATE_COMMIT, 1, 2, 70_000);
        assertHolds(BACKUP_SWITCH_REINSTATE_COMMIT, 1, 1, 10_000);
        assertHolds(BACKUP_SWITCH_REINSTATE_COMMIT, 2, 0, 10_000);
    }

    @Test
    void aDryRunHoldsEveryProperty() {
        assertHolds(SagaPlan.DRY_RUN, 2, 1, 50);
    }

    @Test
    void aSagaThatIsParkedForGoingRoundHoldsEverySafetyProperty() {
        Report report = SagaSearch.explore(
                new SagaModel(UpgradeSaga::next, BACKUP_START_COMMIT, limits(1, 3), Fences.BOTH), 1, 1);
        assertThat(report.broken())
                .as("%s", report)
                .isIn((Property) null, Property.AN_OPERATOR_WHO_RETRIES_CAN_REACH_AN_END);
    }

    @Test
    void everyMutantIsCaught() {
        Map<Mutant, Property> caught = new EnumMap<>(Mutant.class);
        for (Mutant mutant : Mutant.values()) {
            for (Report report : List.of(
                    SagaSearch.explore(model(mutant, BACKUP_REINSTATE_COMMIT, 2, Fences.BOTH), 1, 0),
                    SagaSearch.explore(model(mutant, BACKUP_START_COMMIT, 1, Fences.BOTH), 1, 1))) {
                if (report.broken() != null) {
                    caught.putIfAbsent(mutant, report.broken());
                    assertThat(report.trace()).as("the way to it").isNotEmpty();
                }
            }
        }
        System.out.println("Mutants and what caught them: " + caught);
        assertThat(caught).containsOnlyKeys(Mutant.values());
    }

    @Test
    void theSearchCatchesWithinFourMovesThatThereIsNoFence() {
        Report report =
                SagaSearch.explore(model(UpgradeSaga::next, BACKUP_START_COMMIT, 1, new Fences(false, false)), 1, 0);
        assertThat(report.broken()).isEqualTo(Property.NO_DO_TAKES_EFFECT_AFTER_ITS_UNDO);
        assertThat(report.trace()).as("begin, cancel, UNDO runs, late DO runs").hasSize(4);
    }

    @Test
    void theFencePerStepIsNotEnoughWithoutTheEpoch() {
        Report report =
                SagaSearch.explore(model(UpgradeSaga::next, BACKUP_REINSTATE_COMMIT, 1, new Fences(true, false)), 1, 0);
        assertThat(report.broken()).isEqualTo(Property.NO_DO_TAKES_EFFECT_AFTER_ITS_UNDO);
    }

    @Test
    void theFencePerEpochIsEnoughWithoutTheOneOfTheStep() {
        for (SagaPlan plan : List.of(BACKUP_START_COMMIT, BACKUP_REINSTATE_COMMIT, STOP_BACKUP_START_COMMIT)) {
            Report report = SagaSearch.explore(model(UpgradeSaga::next, plan, 1, new Fences(false, true)), 1, 1);
            assertThat(report.broken()).as("%s", report).isNull();
        }
    }

    private static void assertHolds(SagaPlan plan, int attempts, int retries, int worldsMin) {
        Report report = SagaSearch.explore(model(UpgradeSaga::next, plan, attempts, Fences.BOTH), 1, retries);
        System.out.printf(
                "%s, attempts %d, retries %d: %,d worlds, %,d steps%n",
                plan.steps(), attempts, retries, report.worlds(), report.steps());
        assertThat(report.broken()).as("%s", report.trace()).isNull();
        assertThat(report.worlds()).as("worlds: has the search lost its bite?").isGreaterThan(worldsMin);
    }

    private static SagaModel model(NextFunction next, SagaPlan plan, int attempts, Fences fences) {
        return new SagaModel(next, plan, limits(attempts, 1_000), fences);
    }

    private static SagaLimits limits(int attempts, int transitionsMax) {
        Duration any = Duration.ofSeconds(1);
        return new SagaLimits(attempts, attempts, attempts, any, any, any, any, transitionsMax);
    }

    private static SagaPlan upgrade(StepName... steps) {
        return new SagaPlan(Kind.UPGRADE, List.of(steps));
    }
}
