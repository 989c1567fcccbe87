/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import static dev.uplift.standin.StandIns.NEW;
import static dev.uplift.standin.StandIns.OLD;
import static dev.uplift.standin.StandIns.START;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An upgrade by hand, as the product will do it, and the way back. */
class UpgradeTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void anUpgradeKeepsEveryAcknowledgedRowAndMigratesTheSchema(String kind) {
        StandInServer.Launch launch = StandIns.on(kind, directory, OLD);
        try (StandInServer old = launch.start().awaitHealthy(START);
                RowWriter writer = RowWriter.start(old.uri(), "w", 0)) {
            assertThat(old.version()).contains(OLD);
            Awaitility.await().until(() -> writer.acknowledgedCount() > 30);
            assertThat(old.stop()).isEqualTo(143);
            Awaitility.await().until(writer::failing);

            StandInServer upgraded =
                    launch.release(StandIns.release(NEW)).start().awaitHealthy(START);
            int before = writer.acknowledgedCount();
            Awaitility.await().until(() -> writer.acknowledgedCount() > before + 10);
            RowWriter.Written written = writer.stop();

            assertThat(upgraded.version()).contains(NEW);
            RowCheck check = RowCheck.of(upgraded.uri(), written);
            assertThat(check.complete()).isTrue();
            assertThat(check.acknowledgedCount()).isGreaterThan(40);
            assertThat(StandIns.ledger(directory).violations()).isEmpty();
            assertThat(StandIns.ledger(directory).of("serving"))
                    .extracting(StandInLedger.Entry::version)
                    .containsExactly(OLD, NEW);
        }
    }

    @Tag("night")
    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void theOldVersionRefusesANewerDatabaseUntilMigrateDownHasRun(String kind) {
        StandInServer.Launch launch = StandIns.on(kind, directory, OLD);
        try (StandInServer old = launch.start().awaitHealthy(START)) {
            StandIns.addRow(old, 1);
            old.stop();
            assertThat(launch.release(StandIns.release(NEW))
                            .run("migrate", "up")
                            .exitCode())
                    .isZero();

            StandInServer refused = launch.release(StandIns.release(OLD)).start();
            assertThat(refused.awaitExit(START)).isEqualTo(1);
            assertThat(refused.log())
                    .contains("ERROR: Downgrade detected.")
                    .contains("You must run `java -jar metabase.jar migrate down` from version 51.")
                    .contains("Metabase Initialization FAILED");

            assertThat(launch.release(StandIns.release(NEW))
                            .run("migrate", "down")
                            .exitCode())
                    .isZero();
            StandInServer back = launch.release(StandIns.release(OLD)).start().awaitHealthy(START);
            StandIns.addRow(back, 2);
            assertThat(back.get("/api/rows?writer=w")
                            .orElseThrow()
                            .json()
                            .path("count")
                            .asInt())
                    .isEqualTo(2);
        }
    }

    @Tag("night")
    @Test
    void theDataMigrationRewritesEveryRow() throws Exception {
        String database = Databases.create();
        StandInServer.Launch launch = StandIns.postgres(directory, OLD, database);
        try (StandInServer old = launch.start().awaitHealthy(START)) {
            assertThat(old.post("/api/rows", "{\"writer\":\"w\",\"number\":1,\"count\":2000}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(201);
            assertThat(old.post("/api/rows", "{\"writer\":\"w\",\"number\":2000,\"count\":2}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(200);
            old.stop();
        }
        assertThat(launch.release(StandIns.release(NEW)).run("migrate", "up").exitCode())
                .isZero();
        try (Connection connection = Databases.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT count(*) FROM report_row"
                        + " WHERE checksum = md5(writer || '/' || number || '/' || body)")) {
            rows.next();
            assertThat(rows.getLong(1)).isEqualTo(2_000);
        }
    }

    @Test
    @EnabledIfSystemProperty(named = "user.name", matches = "root", disabledReason = "needs root")
    void aStandInOfAnotherUserRunsAsThatUser() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (StandInServer server =
                StandIns.h2(directory, OLD).asUser("nobody").start().awaitHealthy(START)) {
            assertThat(Files.getOwner(Path.of("/proc", Long.toString(server.pid())))
                            .getName())
                    .isEqualTo("nobody");
        }
    }

    @Test
    void aKilledStandInHasEveryRowThatItAcknowledged() {
        StandInServer.Launch launch = StandIns.h2(directory, OLD);
        try (StandInServer server = launch.start().awaitHealthy(START);
                RowWriter writer = RowWriter.start(server.uri(), "w", 0)) {
            Awaitility.await().until(() -> writer.acknowledgedCount() > 50);
            server.kill();
            RowWriter.Written written = writer.stop();
            StandInServer again = launch.start().awaitHealthy(START);
            assertThat(RowCheck.of(again.uri(), written).lostCount()).isZero();
        }
    }

    @Test
    void equalStampsHaveEqualBytesAndOtherTagsOthers() throws Exception {
        StandInReleases.StandInRelease first = StandInReleases.stamp(directory, "v1.51.2");
        StandInReleases.StandInRelease again = StandInReleases.stamp(directory.resolve("elsewhere"), "v1.51.2");
        assertThat(again.sha256()).isEqualTo(first.sha256()).isEqualTo(StandInReleases.sha256(again.jar()));
        assertThat(StandIns.release(NEW).sha256()).isNotEqualTo(first.sha256());
    }
}
