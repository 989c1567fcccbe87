/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.standin.StandInServer;
import dev.uplift.worker.StepOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A migration lock that a killed version left in its database. */
class LeftLockTest {
    private EmbeddedPostgres postgres;
    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        postgres = EmbeddedPostgres.builder().start();
        rig = new Rig();
    }

    @AfterEach
    void stop() throws Exception {
        rig.close();
        postgres.close();
    }

    @Test
    void isTakenAwayBeforeTheNewVersionStarts() throws Exception {
        migrated();
        lock();

        rig.succeedThoughDying(StepName.START, DO);

        assertThat(rig.reached()).contains("swap.command.run");
        assertThat(locked()).isFalse();
        assertThat(Files.readString(rig.directory.resolve("uplift-app.log"))).doesNotContain("has migration lock");
    }

    @Test
    void isLeftAloneWhileSomebodyWorksOnTheDatabase() throws Exception {
        migrated();
        lock();
        try (Connection somebody = postgres.getPostgresDatabase().getConnection()) {
            assertThat(somebody.isValid(5)).isTrue();

            StepOutcome.Failed failed = rig.fail(StepName.START, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.INTERFERED);
            assertThat(failed.detail()).contains("other session");
        }
        assertThat(locked()).isTrue();
        assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
    }

    @Test
    void isAWarningWhileTheApplicationIsHealthy() throws Exception {
        StandInServer.Launch launch = rig.launch(Rig.OLD);
        settings().forEach(launch::env);
        try (StandInServer server = launch.start()) {
            server.awaitHealthy(Rig.START);
            Rig.setUp(server);
            rig.register();
            rig.to(Rig.NEW);
            lock();

            StepOutput.NodesChecked checked = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();

            assertThat(checked.checks())
                    .filteredOn(check -> check.name().endsWith("migration-lock"))
                    .singleElement()
                    .satisfies(check -> assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN));
            assertThat(locked()).isTrue();
        }
    }

    /** As SWITCH leaves it: the new version is in place, the old one has migrated the database. */
    private void migrated() throws Exception {
        StandInServer.Launch old = rig.launch(Rig.OLD);
        settings().forEach(old::env);
        assertThat(old.run("migrate", "up").exitCode()).isZero();
        Files.delete(rig.directory.resolve("metabase.jar"));
        rig.stopped(Rig.NEW, false, settings());
    }

    private Map<String, String> settings() {
        return Map.of(
                "MB_DB_TYPE", "postgres",
                "MB_DB_HOST", "localhost",
                "MB_DB_PORT", Integer.toString(postgres.getPort()),
                "MB_DB_DBNAME", "postgres",
                "MB_DB_USER", "postgres",
                "MB_DB_PASS", "postgres");
    }

    private void lock() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("UPDATE databasechangeloglock SET locked = TRUE, lockgranted = CURRENT_TIMESTAMP,"
                    + " lockedby = 'a killed one (10.0.0.9)' WHERE id = 1");
        }
    }

    private boolean locked() throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT locked FROM databasechangeloglock WHERE id = 1")) {
            return row.next() && row.getBoolean(1);
        }
    }
}
