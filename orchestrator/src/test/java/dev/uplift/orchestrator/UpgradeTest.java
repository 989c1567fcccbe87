/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.ScriptedWorker.Reply;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Upgrades on the real topics, with a worker that does as it is told. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class UpgradeTest {
    private final ScriptedWorker worker = ScriptedWorker.shared();

    @Inject
    TestSql sql;

    @Inject
    Database database;

    @Test
    void upgradeIsTakenStepByStepAndCommitted() {
        Fleet.ready("forward");

        UUID upgrade = Fleet.upgrade("forward");

        UpgradeStatus done = Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
        assertThat(worker.steps("forward"))
                .containsExactly(
                        "PREFLIGHT",
                        "PREFLIGHT_DATABASE",
                        "FETCH",
                        "STAGE",
                        "STOP",
                        "BACKUP",
                        "SWITCH",
                        "START",
                        "SCALE",
                        "SOAK",
                        "COMMIT");
        assertThat(done.failure()).isNull();
        assertThat(done.backup()).isNotNull();
        assertThat(done.outageBeganAt()).isNotNull();
        assertThat(done.outageEndedAt()).isNotNull();
        assertThat(done.steps()).allSatisfy(step -> {
            assertThat(step.state()).isEqualTo(UpgradeStatus.StepState.DONE);
            assertThat(step.doMillis()).isNotNull();
        });
        InstallationStatus after = Fleet.installation("forward");
        assertThat(after.state()).isEqualTo(InstallationStatus.State.READY);
        assertThat(after.liveUpgrade()).isNull();
        assertThat(after.epoch()).isEqualTo(1);
        assertThat(Objects.requireNonNull(after.running()).version()).isEqualTo("v0.51.2");
        assertThat(Objects.requireNonNull(after.running()).sha256()).isEqualTo(ScriptedWorker.NEW_SHA256);
    }

    @Test
    void failedStartIsTakenBackToTheOldVersion() {
        Fleet.ready("backward");
        worker.script(
                "backward",
                command -> command.step() == StepName.START && command.direction() == Direction.DO
                        ? new Reply.Failure(ErrorCode.EXITED, false)
                        : new Reply.Success());

        UUID upgrade = Fleet.upgrade("backward");

        UpgradeStatus done = Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
        assertThat(worker.steps("backward")).endsWith("START", "-START", "-SWITCH", "-BACKUP", "-STOP", "-STAGE");
        assertThat(Objects.requireNonNull(done.failure()).code()).isEqualTo(ErrorCode.EXITED);
        assertThat(done.outages()).hasSize(1);
        InstallationStatus after = Fleet.installation("backward");
        assertThat(after.state()).isEqualTo(InstallationStatus.State.READY);
        assertThat(after.epoch()).isEqualTo(2);
        assertThat(Objects.requireNonNull(after.running()).version()).isEqualTo("v0.50.1");
    }

    @Test
    void undoThatFailsForGoodParksAndARetryGoesOn() {
        Fleet.ready("parked");
        AtomicBoolean mended = new AtomicBoolean();
        worker.script("parked", command -> {
            if (command.step() == StepName.START && command.direction() == Direction.DO) {
                return new Reply.Failure(ErrorCode.NO_PROGRESS, false);
            }
            return command.step() == StepName.BACKUP && command.direction() == Direction.UNDO && !mended.get()
                    ? new Reply.Failure(ErrorCode.RESTORE_FAILED, false)
                    : new Reply.Success();
        });

        UUID upgrade = Fleet.upgrade("parked");

        UpgradeStatus parked = Fleet.await(upgrade, UpgradeStatus.State.PARKED);
        assertThat(parked.step()).isEqualTo(StepName.BACKUP);
        assertThat(Objects.requireNonNull(parked.failure()).code()).isEqualTo(ErrorCode.RESTORE_FAILED);
        assertThat(Fleet.installation("parked").state()).isEqualTo(InstallationStatus.State.PARKED);
        assertThat(Fleet.installation("parked").liveUpgrade()).isEqualTo(upgrade);
        assertThat(isPinned("parked")).isTrue();
        assertThat(Fleet.delete("/api/v1/installations/parked").statusCode()).isEqualTo(409);

        mended.set(true);
        assertThat(Fleet.post("/api/v1/upgrades/" + upgrade + "/retry").statusCode())
                .isEqualTo(200);

        UpgradeStatus back = Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
        assertThat(back.epoch()).isGreaterThan(parked.epoch());
        assertThat(Fleet.installation("parked").state()).isEqualTo(InstallationStatus.State.READY);
        assertThat(isPinned("parked")).isFalse();
        assertThat(Fleet.code(Fleet.post("/api/v1/upgrades/" + upgrade + "/retry")))
                .isEqualTo("upgrade.not-parked");
    }

    @Test
    void cancelTakesBackWhatWasDone() {
        Fleet.ready("cancelled");
        worker.script("cancelled", silentAt(StepName.SOAK));
        UUID upgrade = Fleet.upgrade("cancelled");
        Fleet.await(upgrade, status -> status.step() == StepName.SOAK);

        assertThat(Fleet.post("/api/v1/upgrades/" + upgrade + "/cancel").statusCode())
                .isEqualTo(200);

        UpgradeStatus back = Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
        assertThat(Objects.requireNonNull(back.failure()).code()).isEqualTo(ErrorCode.CANCELLED);
        assertThat(worker.steps("cancelled"))
                .endsWith("SOAK", "-SCALE", "-START", "-SWITCH", "-BACKUP", "-STOP", "-STAGE");
        assertThat(back.outages())
                .hasSize(2)
                .allSatisfy(outage -> assertThat(outage.endedAt()).isNotNull());
        assertThat(back.outages().getFirst().endedAt())
                .isBefore(back.outages().getLast().beganAt());
        assertThat(back.outageBeganAt()).isEqualTo(back.outages().getFirst().beganAt());
        assertThat(back.outageEndedAt()).isEqualTo(back.outages().getLast().endedAt());
        assertThat(Fleet.code(Fleet.post("/api/v1/upgrades/" + upgrade + "/cancel")))
                .isEqualTo("upgrade.not-cancellable");
    }

    @Test
    void copiesReorderedAndLateResultsChangeNothing() {
        Fleet.ready("clean");
        UpgradeStatus clean = Fleet.await(Fleet.upgrade("clean"), UpgradeStatus.State.COMPLETED);
        Fleet.ready("noisy");
        List<StepCommand> earlier = new CopyOnWriteArrayList<>();
        worker.script("noisy", command -> {
            earlier.reversed().forEach(old -> {
                worker.succeed(old);
                worker.fail(old, ErrorCode.INTERNAL, true);
            });
            UUID messageId = UUID.randomUUID();
            worker.send(command, MessageType.STEP_SUCCEEDED, ScriptedWorker.success(command), messageId);
            worker.send(command, MessageType.STEP_SUCCEEDED, ScriptedWorker.success(command), messageId);
            worker.fail(command, ErrorCode.UNHEALTHY, false);
            earlier.add(command);
            return new Reply.Silence();
        });

        UpgradeStatus noisy = Fleet.await(Fleet.upgrade("noisy"), UpgradeStatus.State.COMPLETED);

        assertThat(noisy.rev()).isEqualTo(clean.rev());
        assertThat(worker.steps("noisy")).isEqualTo(worker.steps("clean"));
        earlier.forEach(old -> {
            worker.fail(old, ErrorCode.INTERNAL, false);
            worker.succeed(old);
        });
        Fleet.ready("after-noise");
        Fleet.await(Fleet.upgrade("after-noise"), UpgradeStatus.State.COMPLETED);
        assertThat(Fleet.status(noisy.id())).isEqualTo(noisy);
        assertThat(worker.steps("noisy")).isEqualTo(worker.steps("clean"));
    }

    @Test
    void retryableFailureIsTriedAgainAfterAPause() {
        Fleet.ready("retried");
        worker.script(
                "retried",
                command -> command.step() == StepName.FETCH && command.attempt() == 1
                        ? new Reply.Failure(ErrorCode.ARTIFACT_UNAVAILABLE, true)
                        : new Reply.Success());

        UpgradeStatus done = Fleet.await(Fleet.upgrade("retried"), UpgradeStatus.State.COMPLETED);

        assertThat(done.steps().get(2).attempt()).isEqualTo(2);
    }

    @Test
    void silentWorkerTurnsTheUpgradeBack() {
        Fleet.ready("silent");
        worker.script("silent", silentAt(StepName.STAGE));
        UUID upgrade = Fleet.upgrade("silent");
        Fleet.await(upgrade, status -> status.step() == StepName.STAGE);

        database.useTransaction(() -> {
            sql.execute("UPDATE results_watermark SET steady_since = now() - interval '1 hour'");
            sql.execute("UPDATE saga_tick SET deadline_at = now() WHERE saga_id = ?", upgrade);
        });

        UpgradeStatus back = Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
        assertThat(Objects.requireNonNull(back.failure()).code()).isEqualTo(ErrorCode.TIMED_OUT);
        assertThat(worker.steps("silent")).endsWith("STAGE", "-STAGE");
    }

    /** All orchestrators were killed for 65 s; the worker went on, and what it said is read only now. */
    @Test
    void theOrchestratorsOwnAbsenceIsNotTheWorkersSilence() {
        Fleet.ready("alive");
        worker.script("alive", silentAt(StepName.BACKUP));
        UUID upgrade = Fleet.upgrade("alive");
        StepCommand backup = worker.await("alive", StepName.BACKUP);
        Fleet.await(upgrade, status -> status.step() == StepName.BACKUP);

        Instant back = database.inTransaction(() -> {
            sql.execute("UPDATE results_watermark SET read_up_to = now() - interval '65 s',"
                    + " steady_since = now() - interval '1 hour'");
            sql.execute("UPDATE saga_tick SET deadline_at = now() - interval '5 s' WHERE saga_id = ?", upgrade);
            return database.now();
        });
        awaitWatermark(back.plusSeconds(3));

        assertThat(Fleet.status(upgrade).step()).isEqualTo(StepName.BACKUP);
        worker.succeed(backup);
        Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
        assertThat(worker.steps("alive")).doesNotContain("-BACKUP");
    }

    private void awaitWatermark(Instant moment) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> sql.one(Instant.class, "SELECT read_up_to FROM results_watermark")
                        .isAfter(moment));
    }

    @Test
    void progressIsShown() {
        Fleet.ready("moving");
        worker.script("moving", silentAt(StepName.FETCH));
        UUID upgrade = Fleet.upgrade("moving");
        Fleet.await(upgrade, status -> status.step() == StepName.FETCH);
        StepCommand fetch = worker.await("moving", StepName.FETCH);

        worker.send(
                fetch,
                MessageType.STEP_PROGRESSED,
                new StepResult.Progressed(
                        fetch.sagaId(),
                        fetch.installation().id(),
                        fetch.stepIndex(),
                        fetch.direction(),
                        fetch.attempt(),
                        Progress.of("downloading", Progress.Unit.BYTES, 10, 100)),
                UUID.randomUUID());

        Fleet.await(
                upgrade,
                status -> Progress.of("downloading", Progress.Unit.BYTES, 10, 100)
                        .equals(status.steps().get(2).progress()));
        worker.succeed(fetch);
        Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
    }

    @Test
    void secondSagaOnAnInstallationIsRefusedAndNamesTheFirst() {
        Fleet.ready("busy");
        worker.script("busy", silentAt(StepName.SOAK));
        UUID first = Fleet.upgrade("busy");

        Response second =
                Fleet.post("/api/v1/upgrades", Map.of("installations", List.of("busy"), "version", "v0.52.1"));

        assertThat(second.statusCode()).isEqualTo(409);
        assertThat(Fleet.code(second)).isEqualTo("upgrade.refused");
        assertThat(second.jsonPath().getString("detail")).contains(first.toString());
        Response plan = Fleet.post("/api/v1/plans", Map.of("installations", List.of("busy"), "version", "v0.52.1"));
        assertThat(plan.statusCode()).isEqualTo(409);
        assertThat(plan.jsonPath().getString("detail"))
                .contains("upgrade " + first + " works on it; plan again when it is over");
        Fleet.await(first, status -> status.step() == StepName.SOAK);
        Fleet.post("/api/v1/upgrades/" + first + "/cancel");
        Fleet.await(first, UpgradeStatus.State.ROLLED_BACK);
    }

    @Test
    void copyOfARequestBeginsNothingAndGetsTheSameAnswer() {
        Fleet.ready("once");
        Map<String, Object> request =
                Map.of("requestId", UUID.randomUUID(), "installations", List.of("once"), "version", "v0.51.2");

        Response first = Fleet.post("/api/v1/upgrades", request);
        Response second = Fleet.post("/api/v1/upgrades", request);

        assertThat(second.statusCode()).isEqualTo(202);
        assertThat(second.asString()).isEqualTo(first.asString());
        Fleet.await(Fleet.accepted(first), UpgradeStatus.State.COMPLETED);
    }

    @Test
    void planLooksAndChangesNothing() {
        Fleet.ready("planned");

        UUID plan = Fleet.accepted(
                Fleet.post("/api/v1/plans", Map.of("installations", List.of("planned"), "version", "v0.51.2")));

        UpgradeStatus looked = Awaitility.await()
                .until(
                        () -> Fleet.read(Fleet.get("/api/v1/plans/" + plan), UpgradeStatus.class),
                        status -> status.state().isFinal());
        assertThat(looked.state()).isEqualTo(UpgradeStatus.State.COMPLETED);
        assertThat(looked.steps()).allSatisfy(step -> assertThat(step.output()).isNotNull());
        assertThat(worker.commands("planned")).allMatch(StepCommand::dryRun).hasSize(3);
        InstallationStatus after = Fleet.installation("planned");
        assertThat(after.state()).isEqualTo(InstallationStatus.State.READY);
        assertThat(after.epoch()).isZero();
        assertThat(Objects.requireNonNull(after.running()).version()).isEqualTo("v0.50.1");
        assertThat(Fleet.get("/api/v1/upgrades/" + plan).statusCode()).isEqualTo(404);
    }

    @Test
    void restoreGoesBackToABackupAndItsVersion() {
        Fleet.ready("restored");
        Fleet.await(Fleet.upgrade("restored"), UpgradeStatus.State.COMPLETED);
        String backup =
                Fleet.get("/api/v1/backups?installation=restored").jsonPath().getString("content[0].backup.id");

        UUID restore =
                Fleet.accepted(Fleet.post("/api/v1/restores", Map.of("installation", "restored", "backupId", backup)));

        UpgradeStatus done = Fleet.await(restore, UpgradeStatus.State.COMPLETED);
        assertThat(done.kind()).isEqualTo(UpgradeStatus.Kind.RESTORE);
        assertThat(done.to().version()).isEqualTo("v0.50.1");
        assertThat(worker.steps("restored")).contains("REINSTATE");
        assertThat(Objects.requireNonNull(Fleet.installation("restored").running())
                        .version())
                .isEqualTo("v0.50.1");
    }

    @Test
    void aBackupThatWasPrunedWithALaterOneIsListedNoMore() {
        Fleet.ready("pruned");
        Fleet.await(Fleet.upgrade("pruned"), UpgradeStatus.State.COMPLETED);
        assertThat(backups("pruned")).hasSize(1);
        UUID kept = UUID.randomUUID();
        worker.script(
                "pruned",
                command -> command.step() == StepName.BACKUP
                        ? new Reply.Found(new StepOutput.BackedUp(
                                new Backup(kept, "hash-2", 1_000, command.from(), Instant.now()), List.of(kept)))
                        : new Reply.Success());

        Fleet.await(
                Fleet.accepted(Fleet.post(
                        "/api/v1/upgrades", Map.of("installations", List.of("pruned"), "version", "v0.51.3"))),
                UpgradeStatus.State.COMPLETED);

        assertThat(backups("pruned")).containsExactly(kept.toString());
    }

    private static List<String> backups(String installation) {
        return Fleet.get("/api/v1/backups?installation=" + installation)
                .jsonPath()
                .getList("content.backup.id", String.class);
    }

    private static boolean isPinned(String installation) {
        return Fleet.get("/api/v1/backups?installation=" + installation)
                .jsonPath()
                .getBoolean("content[0].pinned");
    }

    private static ScriptedWorker.Script silentAt(StepName step) {
        return command -> command.step() == step && command.direction() == Direction.DO
                ? new Reply.Silence()
                : new Reply.Success();
    }
}
