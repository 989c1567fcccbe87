/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.assertFailed;
import static dev.uplift.backup.PostgresBackupTest.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
import dev.uplift.testbed.RequiresRoot;
import dev.uplift.worker.StepOutcome;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;

/** What a backup or a restore would fail on is refused while the application serves, with what mends it. */
final class PostgresRefusalsTest {
    private static int number;

    @TempDir
    Path directory;

    private String name = "";

    /**
     * A database that cannot be backed up or restored as it is.
     *
     * @param mended what a superuser then runs; {@code told} is in the refusal
     */
    record Case(String what, List<String> given, String told, List<String> mended) {
        @Override
        public String toString() {
            return what;
        }
    }

    private Fixture create(int port) throws Exception {
        return create(port, "app");
    }

    private Fixture create(int port, String user) throws Exception {
        name = "refused" + ++number;
        Server.admin("CREATE DATABASE " + name + " OWNER app");
        Server.run("app", name, "CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t DEFAULT VALUES");
        return new Fixture(
                directory.resolve("home"),
                Files.createDirectories(directory.resolve("application")),
                new DatabaseSpec.PostgreSql("127.0.0.1", port, name, user, null));
    }

    static Stream<Case> refusedBeforeTheOutage() {
        return Stream.of(
                new Case(
                        "a table of a role that the application's is no member of",
                        List.of(
                                "CREATE ROLE {}_stranger",
                                "GRANT CREATE ON SCHEMA public TO {}_stranger",
                                "CREATE TABLE f ()",
                                "GRANT SELECT ON f TO app",
                                "ALTER TABLE f OWNER TO {}_stranger"),
                        "GRANT {}_stranger TO \"app\"",
                        List.of("GRANT {}_stranger TO app")),
                new Case(
                        "a function of the superuser",
                        List.of("CREATE FUNCTION one() RETURNS int LANGUAGE sql RETURN 1"),
                        "ALTER FUNCTION public.one() OWNER TO \"app\"",
                        List.of("ALTER FUNCTION public.one() OWNER TO \"app\"")),
                new Case(
                        "a table whose owner has no right to its schema any more",
                        List.of(
                                "CREATE SCHEMA s AUTHORIZATION app",
                                "CREATE TABLE s.f ()",
                                "ALTER TABLE s.f OWNER TO writer"),
                        "GRANT CREATE ON SCHEMA \"s\" TO writer",
                        List.of("GRANT CREATE ON SCHEMA \"s\" TO writer")),
                new Case(
                        "a right that was granted on",
                        List.of(
                                "GRANT SELECT ON t TO writer WITH GRANT OPTION",
                                "SET ROLE writer",
                                "GRANT SELECT ON t TO reader"),
                        "GRANT SELECT ON TABLE public.t TO reader",
                        List.of("REVOKE SELECT ON t FROM writer CASCADE")),
                new Case(
                        "a table that may not be read",
                        List.of("REVOKE SELECT ON t FROM app"),
                        "GRANT SELECT ON public.t TO \"app\"",
                        List.of("GRANT SELECT ON public.t TO \"app\"")),
                new Case(
                        "rows that are hidden",
                        List.of("ALTER TABLE t ENABLE ROW LEVEL SECURITY", "ALTER TABLE t FORCE ROW LEVEL SECURITY"),
                        "ALTER TABLE public.t NO FORCE ROW LEVEL SECURITY",
                        List.of("ALTER TABLE public.t NO FORCE ROW LEVEL SECURITY")),
                new Case(
                        "a large object of the superuser",
                        List.of("SELECT lo_create(77)"),
                        "ALTER LARGE OBJECT 77 OWNER TO \"app\"",
                        List.of("ALTER LARGE OBJECT 77 OWNER TO \"app\"")),
                new Case(
                        "a condition that looks for a function along the search path",
                        List.of(
                                "CREATE FUNCTION inner_f(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 >"
                                        + " 0'",
                                "CREATE FUNCTION outer_f(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS"
                                        + " 'begin return inner_f($1); end'",
                                "ALTER FUNCTION inner_f OWNER TO app",
                                "ALTER FUNCTION outer_f OWNER TO app",
                                "ALTER TABLE t ADD CONSTRAINT positive CHECK (outer_f(id))"),
                        "ALTER FUNCTION public.outer_f(integer) SET search_path TO public",
                        List.of("ALTER FUNCTION public.outer_f(integer) SET search_path TO public")),
                new Case(
                        "rows that their condition would not let in again",
                        List.of(
                                "CREATE FUNCTION f(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'begin return"
                                        + " true; end'",
                                "ALTER FUNCTION f OWNER TO app",
                                "ALTER TABLE t ADD CONSTRAINT fine CHECK (f(id))",
                                "CREATE OR REPLACE FUNCTION f(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS"
                                        + " 'begin return false; end'"),
                        "condition fine of table public.t does not hold for 1 rows",
                        List.of("ALTER TABLE t DROP CONSTRAINT fine")),
                new Case(
                        "an extension that only a superuser can make, and that is needed",
                        List.of(
                                "CREATE EXTENSION pageinspect",
                                "CREATE VIEW pages AS SELECT get_raw_page('t', 0)",
                                "ALTER VIEW pages OWNER TO app"),
                        "CREATE EXTENSION IF NOT EXISTS pageinspect",
                        List.of("DROP VIEW pages")),
                new Case(
                        "a transaction that was prepared and left",
                        List.of("BEGIN", "LOCK TABLE t IN ACCESS SHARE MODE", "PREPARE TRANSACTION '{}'"),
                        "ROLLBACK PREPARED '{}'",
                        List.of("ROLLBACK PREPARED '{}'")),
                new Case(
                        "a subscription",
                        List.of(
                                "CREATE SUBSCRIPTION fed CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p"
                                        + " WITH (connect = false, slot_name = 'fed')",
                                "ALTER SUBSCRIPTION fed ENABLE"),
                        "ALTER SUBSCRIPTION fed DISABLE",
                        List.of(
                                "ALTER SUBSCRIPTION fed DISABLE",
                                "ALTER SUBSCRIPTION fed SET (slot_name = NONE)",
                                "DROP SUBSCRIPTION fed")));
    }

    @ParameterizedTest
    @MethodSource
    void refusedBeforeTheOutage(Case given) throws Exception {
        Fixture fixture = create(Server.port());
        run(given.given());
        try {
            assertFailed(fixture.preflight(), ErrorCode.PREFLIGHT_REFUSED, here(given.told()));
        } finally {
            run(given.mended());
        }
    }

    @Test
    void whatWasToldMendsIt() throws Exception {
        Fixture fixture = create(Server.port());
        List<Case> all = refusedBeforeTheOutage().toList();
        for (Case one : all) {
            run(one.given());
        }
        // A transaction that was prepared last holds a lock.
        for (Case one : all.reversed()) {
            run(one.mended());
        }

        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Succeeded.class);
    }

    private void run(List<String> statements) throws SQLException {
        Server.run("postgres", name, statements.stream().map(this::here).toArray(String[]::new));
    }

    /** Roles and prepared transactions are the whole server's: they are named for the database. */
    private String here(String text) {
        return text.replace("{}", name);
    }

    @Test
    void aDumpThatIsCutOffSaysNothingOfTheSchema() throws Exception {
        Fixture fixture = create(Server.port());

        assertThat(preflightWithoutItsDump(fixture)).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
            assertThat(failed.detail())
                    .contains("a restore could not be rehearsed: ")
                    .contains("terminat");
            assertThat(failed.code()).isEqualTo(ErrorCode.DATABASE_UNAVAILABLE);
            assertThat(failed.retryable()).isTrue();
        });
    }

    @Test
    void inADryRunADumpThatIsCutOffStandsBesideTheOtherChecks() throws Exception {
        Fixture fixture = create(Server.port());
        fixture.dryRun = true;

        assertThat(preflightWithoutItsDump(fixture)).isInstanceOfSatisfying(StepOutcome.Succeeded.class, done -> {
            StepOutput.DatabaseChecked checked = (StepOutput.DatabaseChecked) done.output();
            assertThat(checked.sizeBytes()).isPositive();
            assertThat(checked.checks())
                    .extracting(Check::name)
                    .contains("database.server", "database.rights", "backup.space")
                    .doesNotContain("database.reachable");
            assertThat(checked.checks())
                    .filteredOn(check -> check.verdict() == Check.Verdict.FAIL)
                    .singleElement()
                    .satisfies(check -> {
                        assertThat(check.name()).isEqualTo("database.rehearsal");
                        assertThat(check.detail()).contains("a restore could not be rehearsed: ");
                    });
        });
    }

    /** The dump waits for a lock, and its session is ended. */
    private StepOutcome preflightWithoutItsDump(Fixture fixture) throws Exception {
        List<Connection> locks = new ArrayList<>();
        fixture.atPoint = point -> {
            try {
                if (point.endsWith(".rehearse:BEFORE")) {
                    Connection lock = Server.connect("app", name);
                    locks.add(lock);
                    lock.setAutoCommit(false);
                    lock.createStatement().execute("LOCK TABLE t");
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        fixture.atProgress = waiting -> {
            try {
                var _ = Server.query(
                        "postgres",
                        "postgres",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name
                                + "' AND query LIKE 'LOCK TABLE public.t %'");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        try {
            return fixture.preflight();
        } finally {
            for (Connection lock : locks) {
                lock.close();
            }
        }
    }

    @Test
    void aFunctionThatWritesIsNotRunByALook() throws Exception {
        Fixture fixture = create(Server.port());
        Server.run(
                "app",
                name,
                "CREATE TABLE asked (v int)",
                "CREATE FUNCTION ask(v int) RETURNS boolean LANGUAGE plpgsql AS"
                        + " 'begin insert into public.asked values (v); return true; end'",
                "ALTER TABLE t ADD CONSTRAINT answered CHECK (ask(id))",
                "TRUNCATE asked");

        assertThat(details(fixture.preflight()))
                .anyMatch(detail -> detail.contains("not looked at") && detail.contains("condition answered"));
        assertThat(Server.query("app", name, "SELECT count(*) FROM asked")).containsExactly("0");
    }

    @Test
    void aTableOfAnExtensionIsInNoBackupAndNeedsNoRight() throws Exception {
        Fixture fixture = create(Server.port());
        Server.run("app", name, "CREATE EXTENSION citext");
        Server.run("postgres", name, "CREATE TABLE theirs (v int)", "ALTER EXTENSION citext ADD TABLE theirs");

        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Succeeded.class);
    }

    @Test
    void aTableWhoseOwnerHasOnlyAGrantOnItsSchemaIsRestored() throws Exception {
        Fixture fixture = create(Server.port());
        Server.run(
                "app",
                name,
                "CREATE SCHEMA s",
                "GRANT CREATE, USAGE ON SCHEMA s TO writer",
                "CREATE TABLE s.f ()",
                "ALTER TABLE s.f OWNER TO writer");

        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Succeeded.class);
    }

    @Test
    void aDisabledSubscriptionIsNoObstacleToASuperusersInstallation() throws Exception {
        Fixture fixture = create(Server.port(), "postgres");
        Server.run(
                "postgres",
                name,
                "CREATE SUBSCRIPTION fed CONNECTION 'host=127.0.0.1 port=1' PUBLICATION p"
                        + " WITH (connect = false, slot_name = 'fed')");

        assertThat(details(fixture.preflight())).anyMatch(detail -> detail.contains("subscription fed, which is"));
        Backup backup = fixture.take();
        assertThat(Server.databases("uplift_rehearsal")).isEmpty();
        assertThat(Server.databases("uplift_scratch")).isEmpty();
        Server.run("app", name, "INSERT INTO t DEFAULT VALUES");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SELECT count(*) FROM t")).containsExactly("1");
    }

    @Test
    void aSlotIsToldBeforeAndFoundOnTheReplacedDatabaseAfterwards() throws Exception {
        Fixture fixture = create(Server.port());
        String slot = name + "_slot";
        Server.run("postgres", name, "SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");

        assertThat(details(fixture.preflight())).anyMatch(detail -> detail.contains("slot " + slot + " would stay"));
        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        Server.run("app", name, "INSERT INTO t DEFAULT VALUES");
        StepOutput.Restored restored =
                (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(taken.backup())).output();

        assertThat(fixture.undo(taken.backup()))
                .isEqualTo(StepOutcome.done(
                        new StepOutput.Restored(taken.backup().contentHash(), false, restored.checks())));
        assertThat(restored.checks())
                .singleElement()
                .satisfies(check -> assertThat(check.detail())
                        .contains(name + "_uplift_failed_", "SELECT pg_drop_replication_slot('" + slot + "')"));
        Server.admin("SELECT pg_drop_replication_slot('" + slot + "')");
    }

    @Test
    void aSlotThatIsBeingReadIsRefusedBecauseItsSessionStays() throws Exception {
        Fixture fixture = create(Server.port());
        String slot = name + "_slot";
        Server.run(
                "postgres",
                name,
                "CREATE PUBLICATION p FOR TABLE t",
                "SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        Properties properties = new Properties();
        PGProperty.USER.set(properties, "postgres");
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "9.4");
        try (Connection consumer = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + Server.port() + "/" + name, properties);
                var _ = consumer.unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName(slot)
                        .withSlotOption("proto_version", 1)
                        .withSlotOption("publication_names", "p")
                        .start()) {
            assertFailed(fixture.preflight(), ErrorCode.PREFLIGHT_REFUSED, "slot " + slot + " is being read");
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .ignoreExceptionsInstanceOf(SQLException.class)
                .untilAsserted(() -> Server.admin("SELECT pg_drop_replication_slot('" + slot + "')"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"session", "transaction", "statement"})
    @RequiresRoot
    void aPoolInBetweenIsToldWithTheServersOwnAddressAndServesTheApplicationOn(String mode) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Fixture fixture = create(port);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path users = Files.writeString(directory.resolve("users.txt"), "\"app\" \"\"\n");
        Path settings =
                Files.writeString(directory.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    auth_file = %s
                    pool_mode = %s
                    default_pool_size = 1
                    ignore_startup_parameters = extra_float_digits
                    """.formatted(Server.port(), port, users, mode));
        Process pool = new ProcessBuilder("/usr/sbin/pgbouncer", "-q", "-u", "nobody", settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("pgbouncer.log").toFile())
                .start();
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> fixture.preflight() instanceof StepOutcome.Failed failed
                            && failed.code() == ErrorCode.PREFLIGHT_REFUSED);

            assertFailed(
                    fixture.preflight(),
                    ErrorCode.PREFLIGHT_REFUSED,
                    "127.0.0.1 as the pool sees it, port " + Server.port());
            Properties properties = new Properties();
            PGProperty.USER.set(properties, "app");
            PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "9.0");
            try (Connection application = DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:" + port + "/" + name, properties);
                    Statement statement = application.createStatement()) {
                statement.execute("INSERT INTO t DEFAULT VALUES");
                // The pool itself sets these for each of its clients.
                try (ResultSet set = statement.executeQuery("""
                        SELECT name || ' = ' || setting FROM pg_settings WHERE source = 'session' AND name NOT IN
                          ('application_name', 'client_encoding', 'DateStyle', 'IntervalStyle',
                           'standard_conforming_strings', 'TimeZone')\
                        """)) {
                    assertThat(set.next() ? set.getString(1) : "nothing").isEqualTo("nothing");
                }
            }
            assertThat(Server.query("app", name, "SELECT count(*) FROM t")).containsExactly("2");
        } finally {
            pool.destroy();
            assertThat(pool.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static List<String> details(StepOutcome outcome) {
        StepOutput.DatabaseChecked checked = (StepOutput.DatabaseChecked) ((StepOutcome.Succeeded) outcome).output();
        return checked.checks().stream().map(Check::detail).toList();
    }
}
