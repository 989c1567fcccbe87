/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static dev.uplift.backup.PostgresBackupTest.restored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepOutcome;
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

    /** What a superuser has given a database, and what is said of it before the outage, of its backup, and after a restore. */
    record Given(String told, List<String> sql) {
        static Given of(String told, String... sql) {
            return new Given(told, List.of(sql));
        }
    }

    /** Things of which at most ten statements are told. */
    record Case(String what, List<Given> given) {
        @Override
        public String toString() {
            return what;
        }
    }

    private Fixture create(String options) throws Exception {
        name = "objects " + ++number;
        Server.admin("CREATE DATABASE " + Server.quote(name) + " OWNER app " + options);
        Server.run("app", name, "CREATE TABLE t (id serial PRIMARY KEY)", "INSERT INTO t DEFAULT VALUES");
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
        return Stream.of(
                new Case(
                        "settings and publications",
                        List.of(
                                Given.of(
                                        "SET \"log_min_duration_statement\" TO '1s'",
                                        "ALTER DATABASE {} SET log_min_duration_statement TO '1s'"),
                                Given.of(
                                        "SET \"app\".\"note\" TO '***'",
                                        "ALTER DATABASE {} SET app.note TO 'it''s, \"q\"'"),
                                Given.of(
                                        "ALTER ROLE \"reader\" IN DATABASE {} SET \"statement_timeout\" TO '1min'",
                                        "ALTER ROLE reader IN DATABASE {} SET statement_timeout TO '1min'"),
                                Given.of(
                                        "CREATE PUBLICATION everything FOR ALL TABLES",
                                        "CREATE PUBLICATION everything FOR ALL TABLES",
                                        "COMMENT ON PUBLICATION everything IS 'x'"),
                                Given.of(
                                        "ALTER PUBLICATION theirs OWNER TO postgres",
                                        "CREATE PUBLICATION theirs FOR TABLE t"))),
                new Case(
                        "what is in the database",
                        List.of(
                                Given.of(
                                        "CREATE EVENT TRIGGER seen ON ddl_command_end",
                                        "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end'",
                                        "ALTER FUNCTION seen() OWNER TO app",
                                        "CREATE EVENT TRIGGER seen ON ddl_command_end EXECUTE FUNCTION seen()"),
                                Given.of(
                                        "ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT SELECT ON TABLES",
                                        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader"),
                                // A schema public as servers up to 14 have it.
                                Given.of(
                                        "ALTER SCHEMA public OWNER TO postgres",
                                        "ALTER SCHEMA public OWNER TO postgres",
                                        "GRANT CREATE ON SCHEMA public TO PUBLIC"),
                                Given.of(
                                        "CREATE EXTENSION IF NOT EXISTS pg_buffercache",
                                        "CREATE EXTENSION pg_buffercache"))));
    }

    @ParameterizedTest
    @MethodSource
    void givenByASuperuser(Case all) throws Exception {
        Fixture fixture = create("");
        for (Given given : all.given()) {
            Server.run("postgres", name, given.sql().stream().map(this::here).toArray(String[]::new));
        }
        List<String> before = Server.dump(name);

        List<Check> checks = warnings(fixture.preflight());
        for (Given given : all.given()) {
            assertThat(statements(checks)).anyMatch(statement -> statement.contains(here(given.told())));
        }
        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        assertThat(statements(taken.checks())).isEqualTo(statements(checks));
        assertThat(((StepOutcome.Succeeded) fixture.tryTake()).output()).isEqualTo(taken);
        Server.run("app", name, "INSERT INTO t DEFAULT VALUES");

        StepOutput.Restored undone =
                (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(taken.backup())).output();
        assertThat(undone).isEqualTo(new StepOutput.Restored(taken.backup().contentHash(), true, undone.checks()));
        assertThat(statements(undone.checks())).isEqualTo(statements(checks));
        assertThat(Server.query("app", name, "SELECT count(*) FROM t")).containsExactly("1");
        // As if it had been killed before it answered.
        fixture.delivery++;
        List<Check> lacking = restoredAgain(fixture.undo(taken.backup()), taken.backup());
        for (Given given : all.given()) {
            assertThat(statements(lacking)).anyMatch(statement -> statement.contains(here(given.told())));
        }

        assertThat(Server.dump(name)).isNotEqualTo(before);
        // Whoever runs them puts the secret in.
        Server.run(
                "postgres",
                name,
                statements(checks).stream()
                        .map(sql -> sql.replace("'***'", "'it''s, \"q\"'"))
                        .toArray(String[]::new));
        assertThat(Server.dump(name)).isEqualTo(before);
        assertThat(restoredAgain(fixture.undo(taken.backup()), taken.backup())).isEmpty();
    }

    private static List<Check> restoredAgain(StepOutcome outcome, Backup backup) {
        StepOutput.Restored again = (StepOutput.Restored) ((StepOutcome.Succeeded) outcome).output();
        assertThat(again).isEqualTo(new StepOutput.Restored(backup.contentHash(), false, again.checks()));
        return again.checks();
    }

    private String here(String text) {
        return text.replace("{}", Server.quote(name));
    }

    @Test
    void aValueThatIsNotToldIsFoundWhereTheWarningSays() throws Exception {
        Fixture fixture = create("");
        Server.run("postgres", name, here("ALTER DATABASE {} SET app.jwt_secret TO 'canary'"));

        assertPlace(warnings(fixture.preflight()), "the settings of database " + name);
        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        assertPlace(taken.checks(), "database.json of the backup");
        Server.run("app", name, "INSERT INTO t DEFAULT VALUES");
        StepOutput.Restored undone =
                (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(taken.backup())).output();
        assertPlace(undone.checks(), "the settings of the database that was replaced");
        assertPlace(
                restoredAgain(fixture.undo(taken.backup()), taken.backup()),
                "the settings of database "
                        + Server.databases(name + "_uplift_failed_").getFirst());
        Server.admin(here("DROP DATABASE {}"));
        undone = (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(taken.backup())).output();
        assertPlace(undone.checks(), "database.json of the backup");
    }

    private static void assertPlace(List<Check> warnings, String place) {
        assertThat(warnings)
                .singleElement()
                .satisfies(check -> assertThat(check.detail())
                        .contains("(the value is in " + place + ")")
                        .doesNotContain("canary"));
    }

    @Test
    void aStatementThatTheBackupDidNotWriteIsNotTold() throws Exception {
        Fixture fixture = create("");
        Server.run("postgres", name, "CREATE PUBLICATION everything FOR ALL TABLES");
        Backup backup = fixture.take();
        Files.writeString(fixture.directory(backup).resolve("warnings.json"), "rotten");
        StepOutput.BackedUp again = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        assertThat(again.checks())
                .singleElement()
                .satisfies(check -> assertThat(check.name()).isEqualTo("backup.warnings"));
        Path file = fixture.directory(backup).resolve("content.txt");
        String written = Files.readString(file);
        assertThat(written).contains("PUBLICATION everything");
        String rotten = written.replace("PUBLICATION everything", "PUBLICATION anything") + "\u00ff";
        Files.writeString(file, rotten, StandardCharsets.ISO_8859_1);

        assertThat(restoredAgain(fixture.undo(backup), backup))
                .singleElement()
                .satisfies(check -> assertThat(check.detail())
                        .contains("content.txt was changed")
                        .doesNotContain("anything"));
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
