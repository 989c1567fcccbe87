/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import static dev.uplift.standin.StandIns.NEW;
import static dev.uplift.standin.StandIns.OLD;
import static dev.uplift.standin.StandIns.START;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What whoever upgrades a dashboard may rely on. */
class ContractTest {
    @TempDir
    Path directory;

    @Test
    void itListensBeforeItMigratesAndShowsRisingProgress() throws Exception {
        String database = Databases.create();
        StandIns.postgres(directory, OLD, database).run("migrate", "up");
        StandInServer.Launch launch =
                StandIns.postgres(directory, NEW, database).faults("migration-slow@51:3s");
        try (StandInServer server = launch.start()) {
            List<Double> progress = new ArrayList<>();
            List<Long> changesets = new ArrayList<>();
            Awaitility.await().atMost(START).pollInterval(Duration.ofMillis(50)).until(() -> {
                Optional<StandInApi.Answer> health = server.get("/api/health");
                health.filter(answer -> answer.status() == 503).ifPresent(answer -> {
                    assertThat(answer.json().path("status").asText()).isEqualTo("initializing");
                    progress.add(answer.json().path("progress").asDouble());
                    assertThat(server.get("/livez").orElseThrow().status()).isEqualTo(200);
                });
                if (!progress.isEmpty() && progress.get(progress.size() - 1) == 0.3) {
                    changesets.add(count(database, "SELECT count(*) FROM databasechangelog"));
                    server.get("/api/session/properties")
                            .filter(answer -> answer.status() == 503)
                            .ifPresent(answer -> assertThat(answer.body())
                                    .isEqualTo("Metabase is still initializing. Please sit tight..."));
                }
                return health.filter(answer -> answer.status() == 200).isPresent();
            });
            assertThat(progress)
                    .isSorted()
                    .contains(0.3)
                    .isSubsetOf(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95);
            assertThat(changesets.stream().distinct().count()).isGreaterThan(3);
            assertThat(server.get("/api/health").orElseThrow().body()).isEqualTo("{\"status\":\"ok\"}");
            assertThat(server.get("/readyz").orElseThrow().status()).isEqualTo(200);
            assertThat(server.log()).contains("Metabase Initialization COMPLETE");
            assertThat(StandIns.ledger(directory).fired("migration-slow")).isTrue();
        }
    }

    @Test
    void theDatabaseIsUsedOnceSomebodySetItUpOrWroteARow() {
        try (StandInServer server = StandIns.h2(directory, OLD).start().awaitHealthy(START)) {
            assertThat(properties(server).path("has-user-setup").asBoolean()).isFalse();
            assertThat(server.post("/api/setup", "{\"email\":\"a@example.org\"}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(200);
            assertThat(properties(server).path("has-user-setup").asBoolean()).isTrue();
            assertThat(properties(server).at("/version/date").asText()).isEqualTo("2024-01-01");

            StandIns.addRow(server, 1);
            StandIns.addRow(server, 2);
            StandIns.addRow(server, 5);
            assertThat(server.post("/api/rows", "{\"writer\":\"w\",\"number\":5}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(200);
            assertThat(server.post("/api/rows", "{\"writer\":\"w\",\"number\":0}")
                            .orElseThrow()
                            .status())
                    .isEqualTo(400);
            assertThat(server.post("/api/rows", "{").orElseThrow().status()).isEqualTo(400);
            assertThat(server.get("/api/rows?writer=w").orElseThrow().body())
                    .isEqualTo("{\"writer\":\"w\",\"count\":3,\"max\":5,\"missing_count\":2,\"missing\":[3,4]}");
            assertThat(directory.resolve("plugins/sample.metabase-driver.jar")).exists();
            assertThat(directory.resolve("metabase.db.mv.db")).exists();
        }
    }

    @Test
    void aSecondProcessFindsTheH2FileLockedAndThatIsNoViolation() {
        try (StandInServer first = StandIns.h2(directory, OLD).start().awaitHealthy(START)) {
            StandInServer second = StandIns.h2(directory, NEW).start();
            assertThat(second.awaitExit(START)).isEqualTo(1);
            assertThat(second.log()).contains("The file is locked").contains("Metabase Initialization FAILED");
            assertThat(first.healthy()).isTrue();
            assertThat(StandIns.ledger(directory).of("locked-out")).hasSize(1);
            assertThat(StandIns.ledger(directory).violations()).isEmpty();
        }
    }

    @Test
    void twoVersionsOnOnePostgresDatabaseAreAViolationAndTwoNodesOfOneVersionAreNot() {
        String database = Databases.create();
        Path other = directory.resolve("other");
        try (StandInServer first =
                StandIns.postgres(directory, OLD, database).start().awaitHealthy(START)) {
            try (StandInServer node =
                    StandIns.postgres(other, OLD, database).start().awaitHealthy(START)) {
                node.stop();
            }
            assertThat(StandIns.ledger(directory).violations()).isEmpty();
            assertThat(StandIns.ledger(other).violations()).isEmpty();

            StandIns.postgres(other, "v0.50.4", database).run("migrate", "up");
            assertThat(StandIns.ledger(other).of("violation"))
                    .singleElement()
                    .satisfies(entry -> assertThat(entry.detail()).contains(OLD));
            assertThat(first.healthy()).isTrue();
        }
    }

    @Test
    void aForeignMigrationLockEndsTheStartAndCanBeReleased() {
        String database = Databases.create();
        StandIns.postgres(directory, OLD, database).run("migrate", "up");
        StandInServer.Launch launch =
                StandIns.postgres(directory, NEW, database).faults("lock-held@51");
        try (StandInServer server = launch.start()) {
            assertThat(server.awaitExit(START)).isEqualTo(1);
            assertThat(server.log())
                    .contains("LockException: Database has migration lock; cannot run migrations.")
                    .contains("Metabase Initialization FAILED");
            assertThat(StandIns.ledger(directory).fired("lock-held")).isTrue();

            launch.faults("").release(StandIns.release(NEW));
            StandInServer.CommandResult locked = launch.run("migrate", "up");
            assertThat(locked.exitCode()).isEqualTo(1);
            assertThat(locked.output()).contains("Command failed with exception: ");
            assertThat(launch.run("migrate", "release-locks").exitCode()).isZero();
            assertThat(launch.run("migrate", "up").exitCode()).isZero();
        }
    }

    @Test
    void aStopInAMigrationFreesItsOwnLockAndAKillLeavesIt() throws Exception {
        String database = Databases.create();
        StandInServer.Launch launch =
                StandIns.postgres(directory, OLD, database).faults("migration-hangs@50");
        String locked = "SELECT count(*) FROM databasechangeloglock WHERE locked";
        try (StandInServer stopped = launch.start()) {
            awaitHang(database);
            assertThat(stopped.stop()).isEqualTo(143);
            assertThat(count(database, locked)).isZero();

            StandInServer killed = launch.start();
            Awaitility.await().atMost(START).until(() -> count(database, locked) == 1);
            killed.kill();
            assertThat(count(database, locked)).isEqualTo(1);
        }
    }

    @Test
    void theWrongEncryptionKeyFailsAfterTheMigrations() {
        StandInServer.Launch launch =
                StandIns.h2(directory, OLD).env("MB_ENCRYPTION_SECRET_KEY", "a-key-of-the-operator");
        try (StandInServer server = launch.start().awaitHealthy(START)) {
            server.stop();
            launch.release(StandIns.release(NEW)).env("MB_ENCRYPTION_SECRET_KEY", "another");
            assertThat(launch.start().awaitExit(START)).isEqualTo(1);
            assertThat(server.log()).contains("Database was encrypted with a different key");
            assertThat(StandIns.ledger(directory).of("migrated"))
                    .extracting(StandInLedger.Entry::version)
                    .containsExactly(OLD, NEW);

            launch.env("MB_ENCRYPTION_SECRET_KEY", "");
            assertThat(launch.start().awaitExit(START)).isEqualTo(1);
            assertThat(server.log()).contains("MB_ENCRYPTION_SECRET_KEY environment variable was NOT set");

            launch.env("MB_ENCRYPTION_SECRET_KEY", "a-key-of-the-operator")
                    .start()
                    .awaitHealthy(START);
        }
    }

    @Test
    void withoutAutomigrationItPrintsTheSqlAndExits() {
        StandInServer.Launch launch = StandIns.h2(directory, OLD).env("MB_DB_AUTOMIGRATE", "false");
        try (StandInServer server = launch.start()) {
            assertThat(server.awaitExit(START)).isEqualTo(1);
            assertThat(server.log()).contains("CREATE TABLE report_row").contains("Database requires manual upgrade.");
        }
        assertThat(launch.run("migrate", "print").output()).contains("CREATE TABLE report_row");
    }

    @Test
    void theConnectionUriWinsAndSystemPropertiesWinOverTheEnvironment() {
        String database = Databases.create();
        StandInServer.Launch launch = StandIns.h2(directory, OLD)
                .env("MB_DB_TYPE", "postgres")
                .env("MB_DB_HOST", "host.invalid")
                .env("MB_DB_CONNECTION_URI", "postgres://nobody@host.invalid/none")
                .javaOption("-Dmb.db.connection.uri=postgresql://postgres:postgres@localhost:" + Databases.port() + "/"
                        + database);
        assertThat(launch.run("migrate", "up").exitCode()).isZero();
        assertThat(count(database, "SELECT count(*) FROM databasechangelog WHERE id LIKE 'v50.%'"))
                .isPositive();
    }

    @Test
    void commandsSayWhatTheyAreAndUnknownOnesFail() {
        StandInServer.Launch launch = StandIns.h2(directory, OLD);
        assertThat(launch.run("version").output()).contains("Metabase version v0.50.3 (");
        assertThat(launch.run("migrate", "sideways").exitCode()).isEqualTo(1);
        assertThat(launch.run("reticulate").exitCode()).isEqualTo(1);
        assertThat(launch.faults("no-such-fault").run("version").exitCode()).isNotZero();
    }

    @Test
    void healthIsBadWhileTheDatabaseIsAway() throws Exception {
        String database = Databases.create();
        try (StandInServer server =
                StandIns.postgres(directory, OLD, database).start().awaitHealthy(START)) {
            try (Connection admin = Databases.connect("postgres");
                    Statement statement = admin.createStatement()) {
                statement.execute("DROP DATABASE " + database + " WITH (FORCE)");
            }
            assertThat(server.get("/api/health").orElseThrow())
                    .isEqualTo(new StandInApi.Answer(503, "{\"status\":\"Error getting app-db connection\"}"));
        }
    }

    private static JsonNode properties(StandInServer server) {
        return server.get("/api/session/properties").orElseThrow().json();
    }

    private static void awaitHang(String database) {
        Awaitility.await()
                .atMost(START)
                .until(() -> count(database, "SELECT count(*) FROM pg_tables WHERE tablename = 'activity'") == 1);
    }

    /** 0 as well while the table is missing. */
    private static long count(String database, String query) {
        try (Connection connection = Databases.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        } catch (SQLException e) {
            return 0;
        }
    }
}
