package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.Effect;
import dev.uplift.backup.step.StepFailedException;
import dev.uplift.backup.step.StepWork;
import dev.uplift.backup.store.Manifest;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
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

    private final PostgresServer server;
    private final PostgresOptions options;
    private final UUID installation;
    private final String live;
    private final PostgresNames names;

    PostgresDatabase(PostgresServer server, PostgresOptions options, UUID installation) {
        this.server = server;
        this.options = options;
        this.installation = installation;
        this.live = server.spec().database();
        this.names = new PostgresNames(live, installation);
    }

    @Override
    public String kind() {
        return "postgresql";
    }

    @Override
    public StepOutput.DatabaseChecked check(StepWork work) throws Exception {
        return new PostgresChecks(server, options).run();
    }

    @Override
    public void discardLeftovers(StepWork work) throws Exception {
        work.fenced(this::discardLeftovers);
    }

    private void discardLeftovers() throws SQLException, InterruptedException {
        try (Connection maintenance = server.maintenance()) {
            PostgresServer.endOwnSessions(maintenance, live);
            for (String leftover : databases(maintenance, "SELECT datname FROM pg_database")) {
                if (names.leftover().test(leftover)) {
                    LOG.info("dropping {}, left by an interrupted run", leftover);
                    PostgresServer.drop(maintenance, leftover);
                }
            }
        }
    }

    @Override
    public void requireCold() throws Exception {
        try (Connection maintenance = server.maintenance()) {
            requireCold(maintenance);
        }
    }

    @Override
    public String contentHash(StepWork work) throws Exception {
        try (Connection maintenance = server.maintenance()) {
            if (!PostgresServer.exists(maintenance, live)) {
                return "";
            }
        }
        try (Connection connection = server.connect(live)) {
            LongConsumer progress = work.bytes("reading the database", PostgresServer.sizeBytes(connection, live));
            return PostgresContent.of(server, connection, tools(connection), live, List.of(), progress)
                    .hash();
        }
    }

    @Override
    public Snapshot dump(Path directory, StepWork work) throws Exception {
        try (Connection connection = server.connect(live)) {
            PostgresTools tools = tools(connection);
            long sizeBytes = PostgresServer.sizeBytes(connection, live);
            Instant takenAt = Instant.now();
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
    public void prove(Path directory, Manifest manifest, StepWork work) throws Exception {
        PostgresArchive archive = archive(directory);
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            archive.list(tools);
            String scratch = names.scratch(work.tag());
            DatabaseForm form = archive.form();
            try {
                work.effect(Effect.SCRATCH, () -> {
                    PostgresServer.drop(maintenance, scratch);
                    PostgresServer.execute(maintenance, form.create(scratch));
                });
                work.effect(Effect.PROVE, () -> {
                    String activity = "restoring into a scratch database";
                    archive.load(ErrorCode.BACKUP_FAILED, activity, maintenance, tools, manifest, scratch, work);
                });
                work.effect(Effect.DISCARD, () -> PostgresServer.drop(maintenance, scratch));
            } catch (Exception e) {
                dropQuietly(maintenance, scratch);
                throw e;
            }
        }
    }

    @Override
    public void replace(Path directory, Manifest manifest, StepWork work) throws Exception {
        PostgresArchive archive = archive(directory);
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            DatabaseForm form = PostgresServer.exists(maintenance, live)
                    ? DatabaseForm.of(maintenance, PostgresServer.major(maintenance), live)
                    : archive.form();
            String fresh = names.fresh(work.tag());
            try {
                work.fencedEffect(Effect.CREATE, () -> {
                    PostgresServer.drop(maintenance, fresh);
                    PostgresServer.execute(maintenance, form.create(fresh));
                });
                work.effect(Effect.LOAD, () -> {
                    String activity = "restoring into a new database";
                    archive.load(ErrorCode.RESTORE_FAILED, activity, maintenance, tools, manifest, fresh, work);
                });
                work.effect(Effect.SETTINGS, () -> {
                    for (String statement : form.complete(fresh)) {
                        PostgresServer.execute(maintenance, statement);
                    }
                });
                work.fencedEffect(Effect.REPLACE, () -> takePlace(maintenance, fresh, work));
            } catch (Exception e) {
                dropQuietly(maintenance, fresh);
                throw e;
            }
            work.fencedEffect(Effect.FORGET, () -> forgetOlder(maintenance));
        }
    }

    /** Both names change in one transaction; the server refuses if anybody is connected to either. */
    private void takePlace(Connection maintenance, String fresh, StepWork work) throws SQLException {
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
                                        "%sepoch %010d, at %s, by saga %s",
                                        failedMark(),
                                        work.command().epoch(),
                                        Instant.now(),
                                        work.command().sagaId())));
            }
            PostgresServer.execute(maintenance, "ALTER DATABASE " + Sql.name(fresh) + " RENAME TO " + Sql.name(live));
            maintenance.commit();
        } finally {
            maintenance.rollback();
            maintenance.setAutoCommit(true);
        }
    }

    /** Keeps the newest database that a restore of this installation replaced, and drops those before it. */
    private void forgetOlder(Connection maintenance) throws SQLException, InterruptedException {
        List<String> failed;
        try (PreparedStatement query = maintenance.prepareStatement("""
                SELECT datname FROM pg_database
                WHERE starts_with(shobj_description(oid, 'pg_database'), ?)
                ORDER BY shobj_description(oid, 'pg_database') DESC""")) {
            query.setString(1, failedMark());
            failed = strings(query);
        }
        for (String older : failed.stream().skip(1).toList()) {
            if (PostgresServer.sessions(maintenance, older).isEmpty()) {
                LOG.info("dropping {}, replaced by an earlier restore", older);
                PostgresServer.drop(maintenance, older);
            }
        }
    }

    private String failedMark() {
        return "Uplift: data of installation " + installation + " that a restore replaced; ";
    }

    private void requireCold(Connection maintenance) throws SQLException {
        List<String> sessions = PostgresServer.sessions(maintenance, live);
        if (!sessions.isEmpty()) {
            String named = String.join(", ", sessions.subList(0, Math.min(3, sessions.size())));
            throw StepFailedException.failed(
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
                .orElseThrow(
                        () -> StepFailedException.refused(ErrorCode.BACKUP_FAILED, PostgresChecks.missingTools(major)));
    }

    private void dropQuietly(Connection maintenance, String database) {
        try {
            PostgresServer.drop(maintenance, database);
        } catch (SQLException e) {
            LOG.warn("database {} is left until the next run: {}", database, server.scrub(e.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> databases(Connection connection, String sql) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            return strings(query);
        }
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
