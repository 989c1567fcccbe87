/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepCancelledException;
import dev.uplift.worker.StepOutcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresBackupTest {
    private static int number;

    @TempDir
    Path directory;

    private String name = "";
    private Fixture fixture;

    @BeforeEach
    void create() throws Exception {
        name = "app" + ++number;
        Server.admin("CREATE DATABASE " + Server.quote(name) + " OWNER app");
        fixture = fixture(name, "app");
        fill(name);
    }

    private Fixture fixture(String database, String user) throws Exception {
        Path secrets = directory.resolve("secrets-" + user + ".json");
        if (!Files.exists(secrets)) {
            Files.writeString(secrets, "{\"password\":\"" + Server.PASSWORD + "\"}");
            Files.setPosixFilePermissions(secrets, PosixFilePermissions.fromString("rw-------"));
        }
        Path application = Files.createDirectories(directory.resolve("application-" + number + user));
        return new Fixture(
                directory.resolve("home"),
                application,
                new DatabaseSpec.PostgreSql(
                        "127.0.0.1", Server.port(), database, user, "file:" + secrets + "#/password"));
    }

    /** Everything that a dump has its own way with. */
    private static void fill(String database) throws Exception {
        Server.run(
                "app",
                database,
                "CREATE SCHEMA \"Mixed Case\"",
                "CREATE TABLE \"Mixed Case\".\"Some \"\"Table\" (id serial PRIMARY KEY, \"Value\" text, data jsonb, raw bytea)",
                "INSERT INTO \"Mixed Case\".\"Some \"\"Table\" (\"Value\", data, raw)"
                        + " SELECT 'row ' || i, jsonb_build_object('n', i), decode(md5(i::text), 'hex')"
                        + " FROM generate_series(1, 500) i",
                "CREATE TABLE no_key (a int, b text, c double precision, d timestamptz)",
                "INSERT INTO no_key SELECT i % 7, E'tab\\t' || i, i / 3.0, '2026-01-01T00:00:00Z'::timestamptz"
                        + " + i * interval '1 hour' FROM generate_series(1, 300) i",
                "INSERT INTO no_key SELECT * FROM no_key LIMIT 5",
                "CREATE TABLE child (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                        + " parent int REFERENCES \"Mixed Case\".\"Some \"\"Table\" (id),"
                        + " state varchar(10) CHECK (state IN ('new', 'done')), doubled int GENERATED ALWAYS AS (parent * 2) STORED)",
                "INSERT INTO child (parent, state) SELECT i, 'new' FROM generate_series(1, 50) i",
                "CREATE VIEW news AS SELECT * FROM child WHERE state IN ('new', 'other')",
                "CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM child",
                "CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at)",
                "CREATE TABLE parts_2026 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
                "INSERT INTO parts VALUES (1, '2026-05-05')",
                "CREATE SEQUENCE lonely START 42",
                "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "CREATE TABLE empty ()",
                "CREATE FUNCTION shout(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$\n-- loud\nBEGIN RETURN upper(t); END $$",
                "CREATE INDEX ON child (shout(state))",
                "COMMENT ON TABLE child IS 'it''s a child'",
                "GRANT SELECT ON child TO reader",
                "SELECT lo_from_bytea(4711, decode('00ff10', 'hex'))",
                "SELECT nextval('lonely')");
    }

    @Test
    void aProvenBackupBringsEverythingBackAfterTheDataAreDestroyed() throws Exception {
        Server.admin("COMMENT ON DATABASE " + Server.quote(name) + " IS 'the \"app\"''s data'");
        Backup backup = fixture.take();

        assertThat(backup.release().version()).isEqualTo("v0.50.1");
        assertThat(fixture.stored()).containsExactly(backup.id().toString());
        assertThat(Server.databases("uplift_scratch")).isEmpty();
        Server.run(
                "app",
                name,
                "DROP SCHEMA \"Mixed Case\" CASCADE",
                "TRUNCATE child",
                "SELECT setval('lonely', 1000)",
                "SELECT lo_unlink(4711)");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SELECT count(*) FROM \"Mixed Case\".\"Some \"\"Table\""))
                .containsExactly("500");
        assertThat(Server.query("app", name, "SELECT nextval('lonely')")).containsExactly("43");
        assertThat(Server.query("app", name, "SELECT encode(lo_get(4711), 'hex')"))
                .containsExactly("00ff10");
        assertThat(Server.databases(name + "_uplift_"))
                .singleElement()
                .asString()
                .contains("_uplift_failed_");
    }

    @Test
    void whoLooksAtAScratchOrReplacedDatabaseFailsNothing() throws Exception {
        List<Connection> monitors = new ArrayList<>();
        fixture.atPoint = point -> {
            try {
                if (point.endsWith(".discard:BEFORE")) {
                    String scratch = point.startsWith("backup.preflight") ? "uplift_rehearsal_" : "uplift_scratch_";
                    monitors.add(
                            Server.connect("postgres", Server.databases(scratch).getFirst()));
                }
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
        };
        StepOutput.DatabaseChecked checked =
                (StepOutput.DatabaseChecked) ((StepOutcome.Succeeded) fixture.preflight()).output();
        String rehearsal = Server.databases("uplift_rehearsal").getFirst();
        assertThat(leftover(checked.checks())).containsExactly(rehearsal);
        StepOutput.BackedUp taken = (StepOutput.BackedUp) ((StepOutcome.Succeeded) fixture.tryTake()).output();
        String scratch = Server.databases("uplift_scratch").getFirst();
        assertThat(leftover(taken.checks())).containsExactly(rehearsal, scratch);
        Backup backup = taken.backup();
        Server.run("app", name, "DELETE FROM child");
        StepOutput.Restored undone = (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(backup)).output();
        assertThat(undone.replaced()).isTrue();
        assertThat(leftover(undone.checks())).containsExactly(rehearsal, scratch);
        monitors.add(Server.connect(
                "postgres", Server.databases(name + "_uplift_failed_").getFirst()));
        Server.run("app", name, "DELETE FROM child");
        undone = (StepOutput.Restored) ((StepOutcome.Succeeded) fixture.undo(backup)).output();
        assertThat(leftover(undone.checks())).hasSize(3).anyMatch(left -> left.startsWith(name + "_uplift_failed_"));
        assertThat(monitors).hasSize(3);
        assertThat(Server.databases("uplift_rehearsal")).hasSize(1);
        assertThat(Server.databases("uplift_scratch")).hasSize(1);
        for (Connection monitor : monitors) {
            monitor.close();
        }
        fixture.epoch++;
        fixture.atPoint = point -> {};

        assertThat(fixture.take().contentHash()).isEqualTo(backup.contentHash());
        assertThat(Server.databases("uplift_rehearsal")).isEmpty();
        assertThat(Server.databases("uplift_scratch")).isEmpty();
    }

    /** The databases that warnings name. */
    private static List<String> leftover(List<Check> checks) {
        return checks.stream()
                .filter(check -> check.name().equals("database.leftover"))
                .peek(check -> assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN))
                .map(check -> check.detail().replaceFirst("^database (\\S+) .*", "$1"))
                .toList();
    }

    @Test
    void restoringTwiceIsRestoringOnce() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        List<String> databases = Server.databases(name);
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, false));
        assertThat(Server.databases(name)).isEqualTo(databases);
    }

    @Test
    void whatCannotBeFoundOutAboutEqualDataIsAWarning() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        String slots = "pg_catalog.pg_replication_slots";
        Server.admin("REVOKE SELECT ON " + slots + " FROM PUBLIC");
        try {
            assertUntold(fixture.undo(backup), false);
            Server.run("app", name, "DELETE FROM child");
            assertUntold(fixture.undo(backup), true);
            fixture.epoch++;
            assertThat(fixture.take()).isEqualTo(fixture.take());
        } finally {
            Server.admin("GRANT SELECT ON " + slots + " TO PUBLIC");
        }
    }

    private static void assertUntold(StepOutcome outcome, boolean replaced) {
        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Succeeded.class, succeeded -> {
            StepOutput.Restored restored = (StepOutput.Restored) succeeded.output();
            assertThat(restored.replaced()).isEqualTo(replaced);
            assertThat(restored.checks()).singleElement().satisfies(check -> {
                assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN);
                assertThat(check.detail())
                        .contains("was not found out: permission denied for view pg_replication_slots");
            });
        });
    }

    @Test
    void aDatabaseThatIsGoneAltogetherIsMadeAgainInItsForm() throws Exception {
        Server.admin(
                "ALTER DATABASE " + Server.quote(name) + " SET search_path TO \"Mixed Case\", \"$user\", public",
                "ALTER DATABASE " + Server.quote(name) + " SET work_mem TO '7MB'");
        Backup backup = fixture.take();
        Server.admin("DROP DATABASE " + Server.quote(name));

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SHOW search_path")).containsExactly("\"Mixed Case\", \"$user\", public");
        assertThat(Server.query("app", name, "SHOW work_mem")).containsExactly("7MB");
    }

    @Test
    void dataThatTheFailedVersionHidesFromABackupAreReplacedAllTheSame() throws Exception {
        Backup backup = fixture.take();
        Server.run(
                "app",
                name,
                "ALTER TABLE child ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE child FORCE ROW LEVEL SECURITY");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SELECT count(*) FROM child")).containsExactly("50");
    }

    @Test
    void aDatabaseThatTheFailedVersionLetsNobodyIntoIsReplacedAllTheSame() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", "postgres", "ALTER DATABASE " + Server.quote(name) + " ALLOW_CONNECTIONS false");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("app", name, "SELECT count(*) FROM child")).containsExactly("50");
    }

    @Test
    void ownerSettingsRightsAndCommentOfTheDatabaseAreKept() throws Exception {
        Server.admin(
                "ALTER DATABASE " + Server.quote(name) + " SET timezone TO 'Europe/Berlin'",
                "ALTER ROLE app IN DATABASE " + Server.quote(name) + " SET search_path TO '', public",
                "ALTER DATABASE " + Server.quote(name) + " CONNECTION LIMIT 17",
                "REVOKE CONNECT ON DATABASE " + Server.quote(name) + " FROM PUBLIC",
                "GRANT CONNECT, TEMPORARY ON DATABASE " + Server.quote(name) + " TO reader WITH GRANT OPTION",
                "COMMENT ON DATABASE " + Server.quote(name) + " IS 'it\\''s'");
        String form = "SELECT pg_get_userbyid(datdba) || encoding || datcollate || datctype || datconnlimit"
                + " || shobj_description(oid, 'pg_database')"
                + " || (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a)"
                + " || (SELECT string_agg(s.setrole::text || s.setconfig::text, ' ' ORDER BY s.setrole)"
                + "     FROM pg_db_role_setting s WHERE s.setdatabase = d.oid)"
                + " FROM pg_database d WHERE datname = '" + name + "'";
        List<String> before = Server.query("postgres", "postgres", form);
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");

        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        assertThat(Server.query("postgres", "postgres", form)).isEqualTo(before);
    }

    @Test
    void theContentHashSeesEveryKindOfChangeAndNothingElse() throws Exception {
        String before = hash();
        for (String[] change : new String[][] {
            {
                "UPDATE \"Mixed Case\".\"Some \"\"Table\" SET raw = set_byte(raw, 3, 255 - get_byte(raw, 3)) WHERE id = 250"
            },
            {"INSERT INTO no_key SELECT * FROM no_key LIMIT 1"},
            {"SELECT nextval('lonely')"},
            {"ALTER TABLE child ADD COLUMN extra int"},
            {
                "CREATE OR REPLACE FUNCTION shout(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN t; END $$"
            },
            {"REVOKE SELECT ON child FROM reader"},
            {"SELECT lo_put(4711, 1, '\\x00')"},
            {"ALTER TABLE parts_2026 DISABLE TRIGGER ALL", "INSERT INTO parts VALUES (2, '2026-06-06')"},
        }) {
            Server.run("app", name, change);
            String after = hash();
            assertThat(after).as(change[0]).isNotEqualTo(before);
            before = after;
        }
        Server.run("app", name, "VACUUM FULL", "REINDEX TABLE child");
        Server.admin("ALTER DATABASE " + Server.quote(name) + " SET timezone TO 'Asia/Tokyo'");
        Server.admin("ALTER DATABASE " + Server.quote(name) + " SET bytea_output TO 'escape'");
        assertThat(hash()).isEqualTo(before);
    }

    /** Each epoch has its own backup, whose hash is the database's. */
    private String hash() throws Exception {
        fixture.epoch++;
        return fixture.take().contentHash();
    }

    @Test
    void aChangedBackupIsRefusedBeforeAnythingIsTouched() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");
        Path file = biggest(fixture.directory(backup).resolve("data"));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);

        StepOutcome outcome = fixture.undo(backup);

        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
            assertThat(failed.code()).isEqualTo(ErrorCode.BACKUP_CORRUPT);
            assertThat(failed.retryable()).isFalse();
        });
        assertThat(Server.databases(name)).containsExactly(name);
        assertThat(Server.query("app", name, "SELECT count(*) FROM child")).containsExactly("0");
    }

    @Test
    void aBackupWithAnotherKeysMacIsRefused() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");
        Path manifest = fixture.directory(backup).resolve("manifest.json");
        Files.writeString(manifest, Files.readString(manifest).replace("v0.50.1", "v0.50.2"));

        assertFailed(fixture.undo(backup), ErrorCode.BACKUP_CORRUPT, "MAC");
        Files.delete(fixture.directory(backup).resolve("manifest.mac"));
        assertFailed(fixture.undo(backup), ErrorCode.BACKUP_CORRUPT, "missing");
    }

    @Test
    void aConnectedApplicationIsNamedAndNothingIsDone() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");
        fixture.epoch++;
        try (Connection _ = Server.connect("app", name)) {
            assertFailed(fixture.tryTake(), ErrorCode.STILL_RUNNING, "the application (pid ");
            assertFailed(fixture.undo(backup), ErrorCode.STILL_RUNNING, "the application (pid ");
        }
        assertThat(fixture.stored()).containsExactly(backup.id().toString());
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
    }

    @Test
    void aSessionThatAKilledRunLeftIsEnded() throws Exception {
        try (Connection orphan = Server.connect("app", name)) {
            orphan.setClientInfo("ApplicationName", "uplift-backup");

            assertThat(fixture.tryTake()).isInstanceOf(StepOutcome.Succeeded.class);
            assertThat(orphan.isValid(5)).isFalse();
        }
    }

    @Test
    void aCancelledBackupLeavesNothingBehind() throws Exception {
        for (String activity : List.of("reading the backup back", "comparing the restored data")) {
            fixture.epoch++;
            fixture.progress.clear();
            fixture.cancelled =
                    () -> fixture.progress.stream().anyMatch(p -> p.activity().equals(activity));

            assertThatThrownBy(fixture::tryTake).isInstanceOf(StepCancelledException.class);
            assertThat(fixture.stored()).isEmpty();
            assertThat(Server.databases("uplift_scratch")).isEmpty();
        }
    }

    @Test
    void namesThatLookLikeConnectionStringsAreOnlyNames() throws Exception {
        for (String strange : List.of(
                "x sslmode=disable host=evil", "a 'quoted' \\ \"name\"", "postgresql://evil/x", "-d", "ж".repeat(31))) {
            Server.admin("CREATE DATABASE " + Server.quote(strange) + " OWNER app");
            Server.run("app", strange, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1)");
            number++;
            Fixture odd = fixture(strange, "app");
            Backup backup = odd.take();
            Server.run("app", strange, "DELETE FROM t");

            assertThat(odd.undo(backup)).isEqualTo(restored(backup, true));
            assertThat(Server.query("app", strange, "SELECT id FROM t")).containsExactly("1");
        }
    }

    @Test
    void thePreflightTellsARoleWithoutRightsWhatToDo() throws Exception {
        Server.admin("ALTER DATABASE " + Server.quote(name) + " OWNER TO poor");
        Fixture poor = fixture(name, "poor");

        assertFailed(poor.preflight(), ErrorCode.PREFLIGHT_REFUSED, "ALTER ROLE \"poor\" CREATEDB");
        poor.dryRun = true;
        assertThat(poor.preflight()).isInstanceOfSatisfying(StepOutcome.Succeeded.class, succeeded -> {
            StepOutput.DatabaseChecked checked = (StepOutput.DatabaseChecked) succeeded.output();
            assertThat(checked.checks())
                    .filteredOn(check -> check.verdict() == Check.Verdict.FAIL)
                    .extracting(Check::name)
                    .containsExactlyInAnyOrder("database.rights", "database.readable", "database.large-objects");
        });
    }

    @Test
    void aCheckTakesAwayNoDirectoryButItsOwn() throws Exception {
        Path place = fixture.store.workDirectory(fixture.installation);
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(place).doesNotExist();

        Files.createDirectory(place);
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(place).isEmptyDirectory();

        Files.delete(place);
        Path otherDisk = Files.createDirectory(directory.resolve("other-disk"));
        Files.createSymbolicLink(place, otherDisk);
        assertThat(fixture.preflight()).isInstanceOf(StepOutcome.Succeeded.class);
        assertThat(place).isSymbolicLink().isEmptyDirectory();
    }

    @Test
    void aMemberThatInheritsNothingMayNotRenameTheDatabase() throws Exception {
        String owner = name + "_owner";
        String heir = name + "_heir";
        Server.admin(
                "CREATE ROLE " + owner,
                "CREATE ROLE " + heir + " LOGIN NOINHERIT CREATEDB IN ROLE " + owner + ", app",
                "ALTER DATABASE " + Server.quote(name) + " OWNER TO " + owner);

        assertFailed(fixture(name, heir).preflight(), ErrorCode.PREFLIGHT_REFUSED, "OWNER TO \"" + heir + "\"");
    }

    @Test
    void aChangeBetweenTwoRunsOfOneEpochIsFoundOut() throws Exception {
        Backup backup = fixture.take();
        assertThat(fixture.take()).isEqualTo(backup);
        Server.run("app", name, "DELETE FROM child");

        assertFailed(fixture.tryTake(), ErrorCode.INTERFERED, backup.id().toString());
    }

    @Test
    void anUndoBeforeThePivotDoesNothing() throws Exception {
        Backup backup = fixture.take();
        Server.run("app", name, "DELETE FROM child");
        fixture.pivotReached = false;

        assertThat(fixture.undo(backup)).isEqualTo(StepOutcome.done(new StepOutput.Restored(null, false)));
        assertThat(Server.query("app", name, "SELECT count(*) FROM child")).containsExactly("0");
    }

    @Test
    void anOlderEpochIsFencedOff() throws Exception {
        Backup backup = fixture.take();
        fixture.epoch = 3;
        assertThat(fixture.undo(backup)).isEqualTo(restored(backup, false));
        fixture.epoch = 2;

        assertFailed(fixture.tryTake(), ErrorCode.FENCED, "epoch 3");
    }

    @Test
    void onlyTheNewestFailedDatabaseIsKept() throws Exception {
        Backup backup = fixture.take();
        for (int i = 0; i < 3; i++) {
            Server.run("app", name, "INSERT INTO child (parent, state) VALUES (1, 'done')");
            fixture.epoch++;
            assertThat(fixture.undo(backup)).isEqualTo(restored(backup, true));
        }
        assertThat(Server.databases(name + "_uplift_failed_"))
                .singleElement()
                .asString()
                .endsWith("_4");
    }

    @Test
    void progressIsToldInBytes() throws Exception {
        var _ = fixture.take();

        assertThat(fixture.progress)
                .extracting(p -> p.activity())
                .contains("reading the backup back", "comparing the restored data");
        assertThat(fixture.progress).allSatisfy(p -> assertThat(p.done()).isNotNull());
    }

    @Test
    void noSecretIsInTheStore() throws Exception {
        var _ = fixture.take();

        try (Stream<Path> files = Files.walk(directory.resolve("home"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
                        .doesNotContain(Server.PASSWORD);
                assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
            }
        }
    }

    private static Path biggest(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".gz"))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
    }

    static StepOutcome restored(Backup backup, boolean replaced) {
        return StepOutcome.done(new StepOutput.Restored(backup.contentHash(), replaced));
    }

    static void assertFailed(StepOutcome outcome, ErrorCode code, String detail) {
        assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
            assertThat(failed.detail()).contains(detail);
            assertThat(failed.code()).isEqualTo(code);
        });
    }
}
