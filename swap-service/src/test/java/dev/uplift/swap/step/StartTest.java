/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Fence;
import dev.uplift.host.HowStarted;
import dev.uplift.host.Inherited;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.standin.StandInServer;
import dev.uplift.worker.StepOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The methods run side by side: mostly they wait for an application. */
@Execution(ExecutionMode.CONCURRENT)
class StartTest {
    @Test
    void migrationThatMovesMayTakeLongerThanTheProgressDeadline() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            rig.limits = limits(Duration.ofSeconds(5));
            rig.stopped(
                    Rig.NEW,
                    false,
                    Map.of(
                            "MB_DB_TYPE", "postgres",
                            "MB_DB_HOST", "localhost",
                            "MB_DB_PORT", Integer.toString(postgres.getPort()),
                            "MB_DB_DBNAME", "postgres",
                            "MB_DB_USER", "postgres",
                            "MB_DB_PASS", "postgres",
                            "STANDIN_FAULTS", "migration-slow:8s"));

            rig.succeed(StepName.START, DO);

            assertThat(Files.readString(rig.directory.resolve("ledger.jsonl"))).contains("migration-slow");
        }
    }

    @Test
    void migrationThatHangsIsReportedAndNotKilledUntilTheHalt() throws Exception {
        try (Rig rig = new Rig()) {
            rig.limits = limits(Duration.ofSeconds(5));
            rig.stopped(Rig.NEW, false, faults("migration-hangs"));

            assertThat(rig.fail(StepName.START, DO).code()).isEqualTo(ErrorCode.NO_PROGRESS);
            assertThat(StandInServer.runningIn(rig.directory)).hasSize(1);
            rig.epoch++;
            rig.succeed(StepName.START, UNDO);
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
        }
    }

    @Test
    void applicationThatIgnoresTheRequestToEndIsEndedOnceAfterItsGrace() throws Exception {
        try (Rig rig = new Rig(2)) {
            rig.limits = new StepLimits(
                    Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(2));
            rig.stopped(Rig.NEW, false, faults("ignores-sigterm"));
            StepOutput.Serving serving =
                    (StepOutput.Serving) rig.succeed(StepName.START, DO).output();
            rig.epoch++;

            StepOutput.NodesStopped halted =
                    (StepOutput.NodesStopped) rig.succeed(StepName.START, UNDO).output();

            assertThat(halted.outageBeganAt()).isAfter(serving.outageEndedAt());

            assertThat(rig.reached()).contains("swap.halt.terminate", "swap.halt.kill");
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
        }
    }

    @Test
    void theLastWordsAreFoundInTheFileForErrors() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.NEW, false, Map.of());
            Launch launch = LaunchFile.read(Rig.HOST, rig.directory).orElseThrow();
            List<String> argv = new ArrayList<>(launch.argv());
            argv.add(1, "-XX:NoSuchOption=1");
            Inherited usual = new Inherited(null, null, null, null, null, null, Map.of(), List.of(), List.of(), false);
            try (Fence.Held held = Rig.HOST.fence(rig.directory).claim(rig.installationId, null)) {
                LaunchFile.write(
                        held,
                        rig.directory,
                        launch.withArgv(argv)
                                .as(new HowStarted(
                                        usual,
                                        Optional.of(rig.directory.resolve("errors.log")),
                                        List.of(),
                                        List.of())));
            }

            StepOutcome.Failed failed = rig.fail(StepName.START, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.EXITED);
            assertThat(failed.detail()).contains("NoSuchOption");
            assertThat(rig.directory.resolve("errors.log")).isNotEmptyFile();
        }
    }

    @Test
    void wrongVersionThatAnswersHealthyIsRefused() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.NEW, false, faults("wrong-version-answers"));

            StepOutcome.Failed failed = rig.fail(StepName.START, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.IDENTITY);
            assertThat(failed.detail()).contains("expected is " + Rig.NEW);
        }
    }

    @Test
    void emptyDatabaseUnderAUsedInstallationIsRefused() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.NEW, true, Map.of());

            StepOutcome.Failed failed = rig.fail(StepName.START, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.IDENTITY);
            assertThat(failed.detail()).contains("empty database");
        }
    }

    @Test
    void whatHasEndedIsNotStartedAgainByTheNextAttemptButWhenAPersonAsks() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.NEW, false, Map.of());
            rig.succeed(StepName.START, DO);
            StandInServer.runningIn(rig.directory).forEach(ProcessHandle::destroyForcibly);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> StandInServer.runningIn(rig.directory).isEmpty());

            rig.attempt++;
            assertThat(rig.fail(StepName.START, DO).code()).isEqualTo(ErrorCode.EXITED);
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
            rig.attempt++;
            rig.epoch++;
            rig.succeed(StepName.START, DO);
        }
    }

    @Test
    void crashAfterHealthyIsFoundByTheSoak() throws Exception {
        try (Rig rig = new Rig()) {
            rig.limits = new StepLimits(
                    Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(20));
            rig.stopped(Rig.NEW, false, faults("crash-after-healthy:2s"));
            rig.succeed(StepName.START, DO);

            StepOutcome.Failed failed = rig.fail(StepName.SOAK, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.UNHEALTHY);
            assertThat(failed.detail()).contains("OutOfMemoryError");
        }
    }

    @Test
    void healthThatFlapsIsFoundByTheSoak() throws Exception {
        try (Rig rig = new Rig()) {
            rig.limits = new StepLimits(
                    Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(20));
            rig.stopped(Rig.NEW, false, faults("health-flaps:1500ms"));
            rig.succeed(StepName.START, DO);

            StepOutcome.Failed failed = rig.fail(StepName.SOAK, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.UNHEALTHY);
            assertThat(failed.detail()).contains("does not stay healthy");
        }
    }

    @Test
    void portOfSomebodyElseIsNamedAndNothingIsStarted() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.NEW, false, Map.of());
            int port = rig.command(StepName.START, DO)
                    .installation()
                    .nodes()
                    .getFirst()
                    .baseUrl()
                    .getPort();
            try (ServerSocket held = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                StepOutcome.Failed failed = rig.fail(StepName.START, DO);

                assertThat(failed.code()).isEqualTo(ErrorCode.HOST_UNEXPECTED);
                assertThat(failed.detail())
                        .contains("port " + held.getLocalPort())
                        .contains(Long.toString(ProcessHandle.current().pid()));
            }
            assertThat(rig.directory.resolve("ledger.jsonl")).doesNotExist();
        }
    }

    private static Map<String, String> faults(String faults) {
        return Map.of("STANDIN_FAULTS", faults);
    }

    private static StepLimits limits(Duration progressDeadline) {
        return new StepLimits(progressDeadline, Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(20));
    }
}
