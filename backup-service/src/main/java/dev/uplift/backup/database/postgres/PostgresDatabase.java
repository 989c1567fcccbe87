/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Secrets;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A database of a PostgreSQL server. What a backup holds of it is a {@link PostgresArchive}.
 *
 * <p>A restore goes into a new database, which takes the live one's name only when its content is
 * proven; the live one is kept under another name until the next restore.
 */
public final class PostgresDatabase implements ApplicationDatabase {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresDatabase.class);
    private static final String IN_BACKUP = "database.json of the backup";

    private final PostgresServer server;
    private final PostgresOptions options;
    private final UUID installation;
    private final Path work;
    private final String live;
    private final PostgresNames names;

    private PostgresDatabase(PostgresServer server, PostgresOptions options, UUID installation, Path work) {
        this.server = server;
        this.options = options;
        this.installation = installation;
        this.work = work;
        this.live = server.spec().database();
        this.names = new PostgresNames(live, installation);
    }

    /**
     * The database as an installation's workers see it. Connects to nothing yet.
     *
     * @param work directory of the installation, for files that are gone at the end of a step
     * @throws IOException if the reference to its password leads nowhere
     */
    public static ApplicationDatabase open(
            UUID installation,
            DatabaseSpec.PostgreSql spec,
            HostConnections.ServerAccess access,
            PostgresOptions options,
            Path work)
            throws IOException {
        String reference = spec.passwordRef();
        PostgresServer server = new PostgresServer(
                spec, access.route(), reference == null ? null : Secrets.resolve(access.keeper(), reference));
        return new PostgresDatabase(server, options, installation, work);
    }

    @Override
    public String kind() {
        return "postgresql";
    }

    @Override
    public StepOutput.DatabaseChecked check(BackupWork work) throws Exception {
        return new PostgresChecks(server, options, new PostgresRehearsal(server, names, this.work), work).run();
    }

    @Override
    public long backupBytes(long databaseBytes) {
        return databaseBytes;
    }

    @Override
    public void discardLeftovers(BackupWork work) throws Exception {
        work.locked(this::discardLeftovers);
    }

    private void discardLeftovers() throws SQLException, InterruptedException {
        try (Connection maintenance = server.maintenance()) {
            PostgresServer.endOwnSessions(maintenance, live);
            server.dropAll(maintenance, names.leftover());
        }
    }

    @Override
    public void requireCold() throws Exception {
        try (Connection maintenance = server.maintenance()) {
            requireCold(maintenance);
        }
    }

    @Override
    public Content content(StoredBackup backup, BackupWork work) throws Exception {
        try (Connection maintenance = server.maintenance()) {
            if (!PostgresServer.exists(maintenance, live)) {
                return Content.NONE;
            }
        }
        List<String> written = PostgresArchive.unverifiedContent(backup);
        try (Connection connection = server.connect(live)) {
            LongConsumer progress = work.bytes("reading the database", PostgresServer.sizeBytes(connection, live));
            PostgresTools tools = tools(connection);
            PostgresContent content = PostgresContent.of(
                    PostgresContent.Format.of(written), server, connection, tools, live, List.of(), progress);
            return new Content(content.hash(), verified -> lacking(content, verified, work));
        }
    }

    private List<Check> lacking(PostgresContent content, Written backup, BackupWork work) {
        List<Refusal> all = new ArrayList<>();
        List<Check> checks = new ArrayList<>();
        try {
            all.addAll(Refusal.missing(content.missing(PostgresArchive.content(backup))));
        } catch (IOException | StepFailure e) {
            checks.add(unknown(String.valueOf(e.getMessage())));
        }
        try (Connection maintenance = server.maintenance()) {
            all.addAll(missingForm(maintenance, work.command().sagaId()));
            checks.addAll(strandedSlots(maintenance));
        } catch (SQLException e) {
            checks.add(unknown(StepFailures.message(e)));
        } catch (StepFailure e) {
            checks.add(unknown(String.valueOf(e.getMessage())));
        }
        List<Check> warnings = new ArrayList<>(Refusal.warnings(all, live));
        warnings.addAll(checks);
        return warnings;
    }

    private Check unknown(String reason) {
        return new Check(
                "database.incomplete",
                Check.Verdict.WARN,
                OneLine.of(
                        "the data are the backup's; what else database " + live + " may lack of it, or has left on the"
                                + " server, was not found out: " + server.scrub(reason)));
    }

    @Override
    public Snapshot dump(Path directory, BackupWork work) throws Exception {
        try (Connection connection = server.connect(live)) {
            PostgresTools tools = tools(connection);
            long sizeBytes = PostgresServer.sizeBytes(connection, live);
            Instant takenAt = work.clock().instant();
            PostgresContent content = archive(directory).write(connection, tools, live, work);
            return new Snapshot(
                    content.hash(),
                    "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion(),
                    "pg_dump " + tools.version(),
                    sizeBytes,
                    takenAt);
        }
    }

    @Override
    public List<Check> prove(Path directory, Manifest manifest, BackupWork work) throws Exception {
        PostgresArchive archive = archive(directory);
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            List<Refusal> refused = new ArrayList<>();
            String scratch = names.scratch(work.tag());
            DatabaseForm form = archive.form();
            try {
                work.effects().run(BackupEffect.SCRATCH, () -> {
                    PostgresServer.drop(maintenance, scratch);
                    PostgresServer.execute(maintenance, form.create(scratch));
                });
                work.effects().run(BackupEffect.PROVE, () -> {
                    String activity = "restoring into a scratch database";
                    refused.addAll(archive.load(
                            ErrorCode.BACKUP_FAILED, activity, maintenance, tools, manifest, scratch, work));
                    refused.addAll(form.apply(maintenance, scratch, live, IN_BACKUP, ErrorCode.BACKUP_FAILED));
                });
                work.effects().run(BackupEffect.DISCARD, () -> server.dropQuietly(maintenance, scratch));
                List<Check> warnings = new ArrayList<>(Refusal.warnings(refused, live));
                warnings.addAll(server.leftovers(maintenance, names.leftover()));
                return warnings;
            } catch (Exception e) {
                server.dropQuietly(maintenance, scratch);
                throw e;
            }
        }
    }

    @Override
    public List<Check> replace(Path directory, Manifest manifest, BackupWork work) throws Exception {
        PostgresArchive archive = archive(directory);
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            boolean replaces = PostgresServer.exists(maintenance, live);
            DatabaseForm form =
                    replaces ? DatabaseForm.of(maintenance, PostgresServer.major(maintenance), live) : archive.form();
            String place = replaces ? "the settings of the database that was replaced" : IN_BACKUP;
            String fresh = names.fresh(work.tag());
            List<Refusal> refused = new ArrayList<>();
            try {
                work.runLocked(BackupEffect.CREATE, () -> {
                    PostgresServer.drop(maintenance, fresh);
                    PostgresServer.execute(maintenance, form.create(fresh));
                });
                work.effects().run(BackupEffect.LOAD, () -> {
                    String activity = "restoring into a new database";
                    refused.addAll(archive.load(
                            ErrorCode.RESTORE_FAILED, activity, maintenance, tools, manifest, fresh, work));
                });
                work.effects()
                        .run(
                                BackupEffect.SETTINGS,
                                () -> refused.addAll(
                                        form.apply(maintenance, fresh, live, place, ErrorCode.RESTORE_FAILED)));
                work.runLocked(BackupEffect.REPLACE, () -> takePlace(maintenance, fresh, work));
            } catch (Exception e) {
                server.dropQuietly(maintenance, fresh);
                throw e;
            }
            List<Check> warnings = new ArrayList<>(Refusal.warnings(refused, live));
            work.runLocked(BackupEffect.FORGET, () -> warnings.addAll(forgetOlder(maintenance)));
            warnings.addAll(server.leftovers(maintenance, names.leftover()));
            try {
                warnings.addAll(strandedSlots(maintenance));
            } catch (SQLException e) {
                warnings.add(unknown(StepFailures.message(e)));
            }
            return warnings;
        }
    }

    /** Both names change in one transaction; the server refuses if anybody is connected to either. */
    private void takePlace(Connection maintenance, String fresh, BackupWork work) throws SQLException {
        requireCold(maintenance);
        maintenance.setAutoCommit(false);
        try {
            if (PostgresServer.exists(maintenance, live)) {
                int number = 1;
                while (PostgresServer.exists(
                        maintenance, names.failed(work.command().epoch(), number))) {
                    number++;
                }
                String failed = names.failed(work.command().epoch(), number);
                PostgresServer.execute(
                        maintenance, "ALTER DATABASE " + Sql.name(live) + " RENAME TO " + Sql.name(failed));
                PostgresServer.execute(
                        maintenance,
                        "COMMENT ON DATABASE " + Sql.name(failed) + " IS "
                                + Sql.text(String.format(
                                        "%sepoch %010d, at %s%s",
                                        failedMark(),
                                        work.command().epoch(),
                                        work.clock().instant(),
                                        bySaga(work.command().sagaId()))));
            }
            PostgresServer.execute(maintenance, "ALTER DATABASE " + Sql.name(fresh) + " RENAME TO " + Sql.name(live));
            maintenance.commit();
        } finally {
            maintenance.rollback();
            maintenance.setAutoCommit(true);
        }
    }

    /**
     * Keeps the newest database that a restore of this installation replaced, and drops those before it.
     *
     * @return a warning for each that could not be dropped
     */
    private List<Check> forgetOlder(Connection maintenance) throws SQLException {
        for (String older : older(maintenance)) {
            if (PostgresServer.sessions(maintenance, older).isEmpty()) {
                LOG.info("dropping {}, replaced by an earlier restore", older);
                server.dropQuietly(maintenance, older);
            }
        }
        return older(maintenance).stream().map(PostgresServer::leftover).toList();
    }

    /** All that restores of this installation replaced but the newest. */
    private List<String> older(Connection maintenance) throws SQLException {
        try (PreparedStatement query = maintenance.prepareStatement("""
                SELECT datname FROM pg_database
                WHERE starts_with(shobj_description(oid, 'pg_database'), ?)
                ORDER BY shobj_description(oid, 'pg_database') DESC OFFSET 1\
                """)) {
            query.setString(1, failedMark());
            return strings(query);
        }
    }

    /** What of its settings and rights the database lacks since this saga restored it. */
    private List<Refusal> missingForm(Connection connection, UUID saga) throws SQLException {
        List<String> replaced;
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT datname FROM pg_catalog.pg_database
                WHERE pg_catalog.starts_with(pg_catalog.shobj_description(oid, 'pg_database'), ?)
                  AND pg_catalog.strpos(pg_catalog.shobj_description(oid, 'pg_database'), ?) > 0
                ORDER BY pg_catalog.shobj_description(oid, 'pg_database') DESC LIMIT 1\
                """)) {
            query.setString(1, failedMark());
            query.setString(2, bySaga(saga));
            replaced = strings(query);
        }
        if (replaced.isEmpty()) {
            return List.of();
        }
        int major = PostgresServer.major(connection);
        return DatabaseForm.of(connection, major, replaced.getFirst())
                .missing(
                        DatabaseForm.of(connection, major, live),
                        live,
                        "the settings of database " + replaced.getFirst());
    }

    /** A slot belongs to a database, not to its name. Those of databases that were replaced before are told again. */
    private List<Check> strandedSlots(Connection connection) throws SQLException {
        List<Check> warnings = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
            SELECT s.slot_name, d.datname
            FROM pg_catalog.pg_replication_slots s JOIN pg_catalog.pg_database d ON d.datname = s.database
            WHERE pg_catalog.starts_with(pg_catalog.shobj_description(d.oid, 'pg_database'), ?) ORDER BY 1\
            """)) {
            query.setString(1, failedMark());
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    warnings.add(new Check(
                            "database.slots",
                            Check.Verdict.WARN,
                            OneLine.of("replication slot " + rows.getString(1) + " stays with the replaced database "
                                    + rows.getString(2) + " and fills the server's disk: run SELECT"
                                    + " pg_drop_replication_slot(" + Sql.text(rows.getString(1)) + "), make it anew in "
                                    + live + ", and let its consumer begin with a snapshot")));
                }
            }
        }
        return warnings;
    }

    private String failedMark() {
        return "Uplift: data of installation " + installation + " that a restore replaced; ";
    }

    private static String bySaga(UUID saga) {
        return ", by saga " + saga;
    }

    private void requireCold(Connection maintenance) throws SQLException {
        List<String> sessions = PostgresServer.sessions(maintenance, live);
        if (!sessions.isEmpty()) {
            String named = String.join(", ", sessions.subList(0, Math.min(3, sessions.size())));
            throw StepFailure.retryable(
                    ErrorCode.STILL_RUNNING,
                    sessions.size() + " sessions are connected to database " + live + ", end them first: " + named);
        }
    }

    private PostgresArchive archive(Path directory) {
        return new PostgresArchive(directory, server, options.jobs());
    }

    private PostgresTools tools(Connection connection) throws SQLException {
        int major = PostgresServer.major(connection);
        return PostgresTools.forServer(major, options.toolDirectories())
                .orElseThrow(() -> StepFailure.refused(ErrorCode.BACKUP_FAILED, PostgresChecks.missingTools(major)));
    }

    private static List<String> strings(PreparedStatement query) throws SQLException {
        List<String> strings = new ArrayList<>();
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                strings.add(rows.getString(1));
            }
        }
        return strings;
    }
}
