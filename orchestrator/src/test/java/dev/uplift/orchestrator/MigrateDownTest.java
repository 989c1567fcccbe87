/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.ScriptedWorker.Reply;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The way back by the application's own command, on the real topics. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class MigrateDownTest {
    private final ScriptedWorker worker = ScriptedWorker.shared();

    @Test
    void workersAreToldWhatHasBecomeOfTheData() {
        Fleet.ready("down");
        failsAt("down", StepName.SOAK);

        UUID upgrade = Fleet.accepted(ask("down", "v0.51.2"));

        UpgradeStatus back = Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
        assertThat(worker.steps("down"))
                .endsWith(
                        "BACKUP",
                        "SWITCH",
                        "START",
                        "SCALE",
                        "SOAK",
                        "-SCALE",
                        "-START",
                        "-SWITCH",
                        "-SAFETY_BACKUP",
                        "-MIGRATE_DOWN",
                        "-BACKUP",
                        "-STOP",
                        "-STAGE");
        MigratedData before = told("down", StepName.SAFETY_BACKUP);
        assertThat(before).isEqualTo(new MigratedData(true, null, false));
        MigratedData secured = told("down", StepName.MIGRATE_DOWN);
        assertThat(secured.served()).isTrue();
        assertThat(Objects.requireNonNull(secured.backup()).release().version()).isEqualTo("v0.51.2");
        assertThat(Objects.requireNonNull(secured.backup()).release().sha256()).isEqualTo(ScriptedWorker.NEW_SHA256);
        assertThat(told("down", StepName.BACKUP).kept()).isTrue();
        assertThat(Objects.requireNonNull(back.backup()).release().version()).isEqualTo("v0.50.1");
        assertThat(back.steps())
                .filteredOn(step -> step.step() == StepName.MIGRATE_DOWN)
                .singleElement()
                .satisfies(step -> {
                    assertThat(step.state()).isEqualTo(UpgradeStatus.StepState.DONE);
                    assertThat(step.output()).isInstanceOf(StepOutput.MigratedDown.class);
                });
        assertThat(Fleet.get("/api/v1/backups?installation=down").jsonPath().getList("content"))
                .hasSize(2);
    }

    @Test
    void versionThatNeverServedHasTakenNothingIn() {
        Fleet.ready("unserved");
        failsAt("unserved", StepName.START);

        Fleet.await(Fleet.accepted(ask("unserved", "v0.51.2")), UpgradeStatus.State.ROLLED_BACK);

        assertThat(told("unserved", StepName.SAFETY_BACKUP).served()).isFalse();
    }

    @Test
    void commandThatWouldGoToAnotherMajorThanTheOldOneIsRefused() {
        Fleet.ready("far");

        assertThat(refusal(ask("far", "v0.52.1"))).contains("major 51").contains("only the backup is a way back");
        assertThat(refusal(ask("far", "v0.50.9"))).contains("major 49");
    }

    private void failsAt(String name, StepName step) {
        worker.script(
                name,
                command -> command.step() == step && command.direction() == Direction.DO
                        ? new Reply.Failure(ErrorCode.UNHEALTHY, false)
                        : new Reply.Success());
    }

    private MigratedData told(String name, StepName step) {
        return worker.commands(name).stream()
                .filter(command -> command.step() == step && command.direction() == Direction.UNDO)
                .map(StepCommand::migrated)
                .findFirst()
                .orElseThrow();
    }

    private static Response ask(String name, String version) {
        return Fleet.post(
                "/api/v1/upgrades",
                Map.of(
                        "installations",
                        new String[] {name},
                        "version",
                        version,
                        "limits",
                        Map.of(
                                "progressDeadline", "PT10M",
                                "healthyDeadline", "PT6H",
                                "minHealthyTime", "PT10S",
                                "stopGrace", "PT45S",
                                "wayBack", "migrate-down")));
    }

    private static String refusal(Response response) {
        assertThat(response.statusCode()).isEqualTo(409);
        return response.jsonPath().getString("detail");
    }
}
