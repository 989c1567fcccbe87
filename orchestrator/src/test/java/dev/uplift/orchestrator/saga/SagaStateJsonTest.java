/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus.Failure;
import java.util.List;
import org.junit.jupiter.api.Test;

class SagaStateJsonTest {
    private static final Failure CAUSE =
            new Failure(StepName.START, Direction.DO, ErrorCode.EXITED, "exit code 1: migration 54 failed");
    private static final Course COURSE = new Course(SagaPlan.UPGRADE, 7, 9, 12, null);
    private static final StepKey DO = new StepKey(7, Direction.DO, 2);
    private static final StepKey UNDO = new StepKey(7, Direction.UNDO, 1);

    @Test
    void everyStateComesBackFromItsJsonAsItWas() throws JsonProcessingException {
        for (SagaState state : List.of(
                UpgradeSaga.planned(SagaPlan.RESTORE),
                new SagaState.Doing(COURSE, DO, 2),
                new SagaState.WaitingToDo(COURSE, DO, 2, CAUSE),
                new SagaState.Undoing(COURSE.turned(CAUSE), UNDO, 1),
                new SagaState.WaitingToUndo(COURSE.turned(CAUSE), UNDO.again(), 2, CAUSE),
                new SagaState.Parked(COURSE, UNDO, CAUSE),
                new SagaState.Completed(COURSE),
                new SagaState.RolledBack(COURSE.turned(CAUSE)))) {
            String json = Json.mapper().writerFor(SagaState.class).writeValueAsString(state);
            assertThat(Json.mapper().readValue(json, SagaState.class)).as(json).isEqualTo(state);
        }
    }

    @Test
    void theStoredFormIsStable() throws JsonProcessingException {
        assertThat(Json.mapper().writeValueAsString(new SagaState.Undoing(COURSE.turned(CAUSE), UNDO, 1)))
                .isEqualTo("{\"mode\":\"undoing\",\"course\":{\"plan\":{\"kind\":\"upgrade\",\"steps\":[\"PREFLIGHT\","
                        + "\"PREFLIGHT_DATABASE\",\"FETCH\",\"STAGE\",\"STOP\",\"BACKUP\",\"SWITCH\",\"START\",\"SCALE\","
                        + "\"SOAK\",\"COMMIT\"]},\"epoch\":8,\"reached\":9,\"transitionCount\":12,\"failure\":{\"step\":"
                        + "\"START\",\"direction\":\"DO\",\"code\":\"swap.exited\",\"detail\":\"exit code 1: migration 54"
                        + " failed\"}},\"command\":{\"step\":7,\"direction\":\"UNDO\",\"attempt\":1},\"tries\":1}");
    }

    @Test
    void aStateThatCannotBeIsRefused() {
        assertThatThrownBy(() -> new SagaState.Doing(COURSE, UNDO, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Course(SagaPlan.DRY_RUN, 1, 3, 0, null))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
