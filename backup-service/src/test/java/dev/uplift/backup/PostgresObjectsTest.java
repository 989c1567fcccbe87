package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.worker.StepOutcome;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Databases with more in them than tables: what {@code pg_dump} says before an upgrade it says after the way back. */
final class PostgresObjectsTest {
    private static int number;

    @TempDir
    Path directory;

    private String name = "";

    /** What is said of a database before the outage, of its backup, and after a restore. */
    record Case(String what, List<String> given, String told) {
        @Override
        public String toString() {
            return what;
        }
    }

    private Fixture create(String options, String... given) throws Exception {
        name = "objects " + ++number;
        Server.admin("CREATE DATABASE " + Server.quote(name) + " OWNER app " + options);
        Server.run("app", name, "CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t DEFAULT VALUES");
        Server.run("postgres", name, given);
        return new Fixture(
                directory.resolve("home"),
                Files.createDirectories(directory.resolve("application")),
                new DatabaseSpec.PostgreSql("127.0.0.1", Server.port(), name, "app", null));
    }

    @Test
    void everyKindOfObjectComesBackOnTheWayBackAndInARestore() throws Exception {
        Fixture fixture = create("TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT-u-kn-true'"
                + " LC_COLLATE 'C' LC_CTYPE 'C'");
        Server.run(
                "app",
                "postgres",
                "COMMENT ON DATABASE " + Server.quote(name) + " IS 'the BI''s database — \"prod\"'",
                "ALTER DATABASE " + Server.quote(name) + " SET datestyle TO 'German, DMY'",
                "ALTER DATABASE " + Server.quote(name) + " SET search_path TO '$user', public, \"odd, Schema\"",
                "ALTER DATABASE " + Server.quote(name) + " SET timezone TO 'Pacific/Chatham'",
                "ALTER DATABASE " + Server.quote(name) + " CONNECTION LIMIT 40",
                "REVOKE ALL ON DATABASE " + Server.quote(name) + " FROM PUBLIC",
                "GRANT CONNECT, TEMPORARY ON DATABASE " + Server.quote(name) + " TO writer WITH GRANT OPTION",
                "GRANT CONNECT ON DATABASE " + Server.quote(name) + " TO reader",
                "ALTER ROLE app IN DATABASE " + Server.quote(name) + " SET statement_timeout TO '7min'");
        try (InputStream sql = getClass().getResourceAsStream("every-kind-of-object.sql")) {
            String all = new String(Objects.requireNonNull(sql).readAllBytes(), StandardCharsets.UTF_8);
            Server.run("app", name, all.split("\n\n"));
        }
        List<String> before = Server.dump(name);

        assertThat(warnings(fixture.preflight())).isEmpty();
        Backup backup = fixture.take();
        Server.run("app", name, "UPDATE documents SET e = 'mixed'", "DROP TABLE moods", "SELECT lo_unlink(4242)");
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.dump(name)).isEqualTo(before);

        Server.run("app", name, "DROP SCHEMA \"odd, Schema\" CASCADE");
        fixture.epoch++;
        assertThat(fixture.reinstate(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.dump(name)).isEqualTo(before);
    }

    static Stream<Case> givenByASuperuser() {
        String database = "\"%s\"";
        return Stream.of(
                new Case(
                        "a setting of the database",
                        List.of("ALTER DATABASE " + database + " SET log_min_duration_statement TO '1s'"),
                        "SET \"log_min_duration_statement\" TO '1s'"),
                new Case(
                        "a setting that no extension knows",
                        List.of("ALTER DATABASE " + database + " SET app.note TO 'it''s, \"q\"'"),
                        "SET \"app\".\"note\" TO 'it''s, \"q\"'"),
                new Case(
                        "a setting of another role in the database",
                        List.of("ALTER ROLE reader IN DATABASE " + database + " SET statement_timeout TO '1min'"),
                        "ALTER ROLE \"reader\" IN DATABASE " + database + " SET \"statement_timeout\" TO '1min'"),
                new Case(
                        "a publication for all tables",
                        List.of(
                                "CREATE PUBLICATION everything FOR ALL TABLES",
                                "COMMENT ON PUBLICATION everything IS 'x'"),
                        "CREATE PUBLICATION everything FOR ALL TABLES"),
                new Case(
                        "another role's publication",
                        List.of("CREATE PUBLICATION theirs FOR TABLE t"),
                        "ALTER PUBLICATION theirs OWNER TO postgres"),
                new Case(
                        "an event trigger",
                        List.of(
                                "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end'",
                                "ALTER FUNCTION seen() OWNER TO app",
                                "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()"),
                        "CREATE EVENT TRIGGER seen ON ddl_command_end"),
                new Case(
                        "default privileges of another role",
                        List.of("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader"),
                        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES"),
                new Case(
                        "a schema public as servers up to 14 have it",
                        List.of("ALTER SCHEMA public OWNER TO postgres", "GRANT CREATE ON SCHEMA public TO PUBLIC"),
                        "ALTER SCHEMA public OWNER TO postgres"),
                new Case(
                        "an extension that nothing in the database needs",
                        List.of("CREATE EXTENSION pg_buffercache"),
                        "CREATE EXTENSION IF NOT EXISTS pg_buffercache"));
    }

    @ParameterizedTest
    @MethodSource
    void givenByASuperuser(Case given) throws Exception {
        String next = "objects " + (number + 1);
        Fixture fixture = create(
                "",
                given.given().stream()
                        .map(sql -> sql.replace("\"%s\"", Server.quote(next)))
                        .toArray(String[]::new));
        String told = given.told().replace("\"%s\"", Server.quote(name));
        List<String> before = Server.dump(name);

        List<Check> checks = warnings(fixture.preflight());
        assertThat(statements(checks)).anyMatch(statement -> statement.contains(told));
        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        assertThat(taken.checks()).isEqualTo(checks);
        Server.run("app", name, "INSERT INTO t DEFAULT VALUES");

        assertThat(fixture.undo(taken.backup()))
                .isEqualTo(
                        StepOutcome.done(new StepOutput.Restored(taken.backup().contentHash(), true, checks)));
        assertThat(Server.query("app", name, "SELECT count(*) FROM t")).containsExactly("1");
        fixture.delivery++;
        assertThat(fixture.undo(taken.backup())).isEqualTo(restored(taken.backup(), false));

        assertThat(Server.dump(name)).isNotEqualTo(before);
        Server.run("postgres", name, statements(checks).toArray(String[]::new));
        assertThat(Server.dump(name)).isEqualTo(before);
    }

    @Test
    void aMaterialisedViewThatCannotBeFilledIsNoReasonToStayDown() throws Exception {
        Fixture fixture = create("");
        Server.run(
                "app",
                name,
                "CREATE FUNCTION everywhere() RETURNS bigint LANGUAGE plpgsql AS 'begin return (select count(*) from"
                        + " t); end'",
                "CREATE MATERIALIZED VIEW counted AS SELECT everywhere()");

        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();

        assertThat(statements(taken.checks())).containsExactly("REFRESH MATERIALIZED VIEW public.counted");
    }

    @Test
    void equalRowsOfHashPartitionsAreEqualWhereverTheyLie() throws Exception {
        Fixture fixture = create("");
        List<String> sql = new ArrayList<>(List.of(
                "CREATE TYPE letter AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')",
                "CREATE TABLE h (l letter, v int) PARTITION BY HASH (l)"));
        for (int i = 0; i < 4; i++) {
            sql.add("CREATE TABLE h" + i + " PARTITION OF h FOR VALUES WITH (MODULUS 4, REMAINDER " + i + ")");
        }
        sql.add("INSERT INTO h SELECT l, 1 FROM unnest(enum_range(NULL::letter)) l");
        Server.run("app", name, sql.toArray(String[]::new));
        Backup backup = fixture.take();
        Server.run("app", name, "UPDATE h SET v = 2 WHERE l = 'd'");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SELECT sum(v) FROM h")).containsExactly("8");
        fixture.epoch++;
        assertThat(fixture.take().contentHash()).isEqualTo(backup.contentHash());
    }

    /** All but that the server may not say how much room it has. */
    private static List<Check> warnings(StepOutcome outcome) {
        assertThat(outcome).isInstanceOf(StepOutcome.Succeeded.class);
        StepOutput.DatabaseChecked checked = (StepOutput.DatabaseChecked) ((StepOutcome.Succeeded) outcome).output();
        return checked.checks().stream()
                .filter(check -> check.verdict() == Check.Verdict.WARN)
                .filter(check -> !check.name().equals("database.space"))
                .toList();
    }

    private List<String> statements(List<Check> checks) {
        String before = "in database " + name + ": ";
        return checks.stream()
                .map(Check::detail)
                .filter(detail -> detail.contains(before))
                .map(detail -> detail.substring(detail.indexOf(before) + before.length()))
                .toList();
    }
}
