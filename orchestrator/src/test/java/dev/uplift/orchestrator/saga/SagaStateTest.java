/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static dev.uplift.contract.UpgradeStatus.StepState.DONE;
import static dev.uplift.contract.UpgradeStatus.StepState.FAILED;
import static dev.uplift.contract.UpgradeStatus.StepState.PENDING;
import static dev.uplift.contract.UpgradeStatus.StepState.RUNNING;
import static dev.uplift.contract.UpgradeStatus.StepState.UNDOING;
import static dev.uplift.contract.UpgradeStatus.StepState.UNDONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.Kind;
import dev.uplift.contract.UpgradeStatus.StepState;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SagaStateTest {
    private static final SagaPlan PLAN = new SagaPlan(
            Kind.UPGRADE, List.of(StepName.FETCH, StepName.STOP, StepName.START, StepName.SOAK, StepName.COMMIT));
    private static final Failure CAUSE = new Failure(StepName.SOAK, Direction.DO, ErrorCode.UNHEALTHY, "503 for 30 s");

    @Test
    void everyStepSaysWhereItIs() {
        Course course = new Course(PLAN, 2, 3, 5, CAUSE);
        StepKey soak = new StepKey(3, Direction.DO, 1);
        StepKey haltStart = new StepKey(2, Direction.UNDO, 1);

        assertThat(steps(UpgradeSaga.planned(PLAN))).containsOnly(PENDING);
        assertThat(steps(new SagaState.Doing(course, soak, 1))).containsExactly(DONE, DONE, DONE, RUNNING, PENDING);
        assertThat(steps(new SagaState.Parked(course, soak, CAUSE))).containsExactly(DONE, DONE, DONE, FAILED, PENDING);
        assertThat(steps(new SagaState.Undoing(course, haltStart, 1)))
                .containsExactly(DONE, DONE, UNDOING, FAILED, PENDING);
        assertThat(steps(new SagaState.Parked(course, haltStart, CAUSE)))
                .containsExactly(DONE, DONE, FAILED, FAILED, PENDING);
        assertThat(steps(new SagaState.RolledBack(course))).containsExactly(DONE, UNDONE, UNDONE, FAILED, PENDING);
        assertThat(steps(new SagaState.Completed(course))).containsOnly(DONE);
    }

    @Test
    void answersOfWorkersBecomeEvents() {
        UUID id = new UUID(1, 2);
        StepKey key = new StepKey(4, Direction.UNDO, 3);
        assertThat(SagaEvent.of(new StepResult.Succeeded(id, id, 4, Direction.UNDO, 3, new StepOutput.Nothing())))
                .isEqualTo(new SagaEvent.Succeeded(key));
        assertThat(SagaEvent.of(new StepResult.Failed(id, id, 4, Direction.UNDO, 3, ErrorCode.UNHEALTHY, true, "503")))
                .isEqualTo(new SagaEvent.Failed(key, ErrorCode.UNHEALTHY, true, "503"));
        assertThat(SagaEvent.of(new StepResult.Progressed(id, id, 4, Direction.UNDO, 3, Progress.of("restoring"))))
                .isEqualTo(new SagaEvent.Progressed(key));
    }

    @Test
    void plansThatWouldNotBeSafeAreRefused() {
        assertThatThrownBy(() -> new SagaPlan(Kind.UPGRADE, List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new SagaPlan(Kind.UPGRADE, List.of(StepName.STOP)))
                .hasMessageContaining("COMMIT");
        assertThatThrownBy(() -> new SagaPlan(Kind.RESTORE, List.of(StepName.COMMIT, StepName.COMMIT)))
                .hasMessageContaining("COMMIT");
        assertThatThrownBy(() -> new SagaPlan(Kind.PLAN, List.of(StepName.STOP)))
                .hasMessageContaining("dry run");
    }

    private static List<StepState> steps(SagaState state) {
        return IntStream.range(0, PLAN.steps().size())
                .mapToObj(state::stepState)
                .toList();
    }

    @Test
    void aReasonThatCouldNotBeShownIsRefusedBeforeTheSagaLearnsOfIt() {
        assertThatThrownBy(() -> new SagaEvent.CancelRequested(" ")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(
                        () -> new SagaEvent.Failed(new StepKey(0, Direction.DO, 1), ErrorCode.INTERNAL, true, "a\nb"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
