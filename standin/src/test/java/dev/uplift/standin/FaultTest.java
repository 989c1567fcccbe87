/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import static dev.uplift.standin.StandIns.NEW;
import static dev.uplift.standin.StandIns.OLD;
import static dev.uplift.standin.StandIns.START;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each fault does what it says, to the major that it is bound to, and says in the ledger that it fired. */
class FaultTest {
    @TempDir
    Path directory;

    private StandInServer.Launch upgraded(StandInServer.Launch launch, String faults) {
        return launch.faults(faults).release(StandIns.release(NEW));
    }

    private void assertFired(String fault) {
        assertThat(StandIns.ledger(directory).fired(fault)).as(fault).isTrue();
    }

    @Tag("night")
    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void aFailingMigrationLeavesEarlierChangesBehindAndSparesTheOldVersion(String kind) {
        StandInServer.Launch launch = StandIns.on(kind, directory, OLD).faults("migration-fails@51");
        try (StandInServer old = launch.start().awaitHealthy(START)) {
            StandIns.addRow(old, 1);
            old.stop();
            assertThat(StandIns.ledger(directory).of("fault")).isEmpty();

            StandInServer broken = launch.release(StandIns.release(NEW)).start();
            assertThat(broken.awaitExit(START)).isEqualTo(1);
            assertThat(broken.log()).contains("Metabase Initialization FAILED");
            assertFired("migration-fails");

            StandInServer refused = launch.release(StandIns.release(OLD)).start();
            assertThat(refused.awaitExit(START)).isEqualTo(1);
            assertThat(refused.log()).contains("ERROR: Downgrade detected.");
        }
    }

    @Test
    void aMigrationThatLosesRowsIsHealthyAndCaughtByTheRowCheck() {
        StandInServer.Launch launch = StandIns.h2(directory, OLD);
        try (StandInServer old = launch.start().awaitHealthy(START);
                RowWriter writer = RowWriter.start(old.uri(), "w", 0)) {
            Awaitility.await().until(() -> writer.acknowledgedCount() >= 10);
            RowWriter.Written written = writer.stop();
            old.stop();
            StandInServer server =
                    upgraded(launch, "migration-loses-rows@51").start().awaitHealthy(START);
            RowCheck check = RowCheck.of(server.uri(), written);
            assertThat(check.complete()).isFalse();
            assertThat(check.lostCount()).isEqualTo(check.acknowledgedCount() / 2);
            assertFired("migration-loses-rows");
        }
    }

    @Tag("night")
    @Test
    void startsOnAnEmptyDatabase() {
        StandInServer.Launch launch = StandIns.h2(directory, OLD);
        try (StandInServer old = launch.start().awaitHealthy(START)) {
            StandIns.addRow(old, 1);
            old.stop();
            StandInServer empty =
                    upgraded(launch, "starts-on-empty-database@51").start().awaitHealthy(START);
            assertThat(empty.get("/api/session/properties").orElseThrow().body())
                    .contains("\"has-user-setup\":false");
            assertFired("starts-on-empty-database");
        }
    }

    @Tag("night")
    @Test
    void downWithoutEffectExitsWellAndChangesNothing() {
        StandInServer.Launch launch = StandIns.h2(directory, NEW).faults("down-without-effect@51");
        assertThat(launch.run("migrate", "up").exitCode()).isZero();
        assertThat(launch.run("migrate", "down").exitCode()).isZero();
        assertFired("down-without-effect");
        try (StandInServer old = launch.release(StandIns.release(OLD)).start()) {
            assertThat(old.awaitExit(START)).isEqualTo(1);
        }
    }

    @Tag("night")
    @Test
    void forcedMigrationsStepOverTheOneThatFails() {
        StandInServer.Launch launch = StandIns.h2(directory, NEW).faults("migration-fails@51");
        assertThat(launch.run("migrate", "up").exitCode()).isEqualTo(1);
        assertThat(launch.run("migrate", "force").exitCode()).isZero();
        try (StandInServer server = launch.faults("").start().awaitHealthy(START)) {
            StandIns.addRow(server, 1);
        }
    }

    @Tag("night")
    @Test
    void exitsAtStartAndNeedsANewerJava() {
        try (StandInServer server =
                StandIns.h2(directory, OLD).faults("exits-at-start").start()) {
            assertThat(server.awaitExit(START)).isEqualTo(1);
            assertFired("exits-at-start");
            assertThat(StandIns.h2(directory, OLD)
                            .faults("needs-java:99")
                            .start()
                            .awaitExit(START))
                    .isEqualTo(1);
            assertThat(server.log()).contains("UnsupportedClassVersionError");
        }
    }

    @Tag("night")
    @Test
    void neverHealthyKeepsTheProgressBelowOne() {
        try (StandInServer server =
                StandIns.h2(directory, OLD).faults("never-healthy").start()) {
            Awaitility.await().atMost(START).untilAsserted(() -> assertFired("never-healthy"));
            assertThat(server.get("/api/health").orElseThrow().body())
                    .isEqualTo("{\"status\":\"initializing\",\"progress\":0.95}");
            assertThat(server.stop()).isEqualTo(143);
        }
    }

    @Tag("night")
    @Test
    void crashesAfterItWasHealthyWithAnotherVersionOnItsLips() {
        try (StandInServer server = StandIns.h2(directory, OLD)
                .faults("crash-after-healthy:1s, wrong-version-answers")
                .start()
                .awaitHealthy(START)) {
            assertThat(server.version()).contains("v0.49.0");
            assertThat(server.awaitExit(START)).isEqualTo(1);
            assertFired("crash-after-healthy");
            assertFired("wrong-version-answers");
        }
    }

    @Tag("night")
    @Test
    void healthFlapsAndAStopIsSlowByTheControlFile() throws IOException {
        StandInServer.Launch launch = StandIns.h2(directory, OLD);
        Files.writeString(directory.resolve("standin.faults"), "# for this test\nhealth-flaps:1s\nslow-stop:1s\n");
        try (StandInServer server = launch.start().awaitHealthy(START)) {
            Awaitility.await().until(() -> !server.healthy());
            Awaitility.await().until(server::healthy);
            assertFired("health-flaps");
            long began = System.nanoTime();
            assertThat(server.stop()).isEqualTo(143);
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
        }
    }

    @Tag("night")
    @Test
    void ignoresSigtermAndServesUntilItIsKilled() {
        try (StandInServer server =
                StandIns.h2(directory, OLD).faults("ignores-sigterm@50").start().awaitHealthy(START)) {
            server.terminate();
            Awaitility.await().untilAsserted(() -> assertFired("ignores-sigterm"));
            assertThat(server.healthy()).isTrue();
            assertThat(StandInServer.runningIn(directory))
                    .extracting(ProcessHandle::pid)
                    .containsExactly(server.pid());
            server.kill();
            assertThat(StandInServer.runningIn(directory)).isEmpty();
        }
    }
}
