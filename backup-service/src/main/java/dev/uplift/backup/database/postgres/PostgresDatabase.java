package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.Effect;
import dev.uplift.backup.step.StepFailedException;
import dev.uplift.backup.step.StepWork;
import dev.uplift.backup.store.FileTree;
import dev.uplift.backup.store.Manifest;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.DurableFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.postgresql.PGConnection;

/**
 * A database of a PostgreSQL server. In a backup's directory: {@code data/} (an archive of {@code
 * pg_dump} in its directory format), {@code content.txt} (a hash for each table, sequence, large object
 * and the schema) and {@code database.json} (what belongs to the database as a whole).
 *
 * <p>A restore goes into a new database, which takes the live one's name only when its content is
 * proven; the live one is kept under another name until the next restore.
 */
public final class PostgresDatabase implements ApplicationDatabase {
    private static final Logger LOG = Logger.getLogger(PostgresDatabase.class);
    private static final String DATA = "data";
    private static final String CONTENT = "content.txt";
    private static final String FORM = "database.json";
    private static final String LOCK_WAIT = "--lock-wait-timeout=30000";
    private static final long POLL_MS = 250;

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
        try (Connection maintenance = server.maintenance()) {
            PostgresServer.endOwnSessions(maintenance, live);
            for (String leftover : databases(maintenance, "SELECT datname FROM pg_database")) {
                if (names.leftover().test(leftover)) {
                    LOG.infof("dropping %s, left by an interrupted run", leftover);
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
            LongConsumer progress = work.bytes("reading the database", sizeBytes(connection, live));
            return content(connection, tools(connection), live, List.of(), progress)
                    .hash();
        }
    }

    @Override
    public Snapshot dump(Path directory, StepWork work) throws Exception {
        try (Connection connection = server.connect(live)) {
            PostgresTools tools = tools(connection);
            long sizeBytes = sizeBytes(connection, live);
            DatabaseForm form = DatabaseForm.of(connection, major(connection), live);
            PostgresContent.begin(connection);
            String snapshot = one(connection, "SELECT pg_catalog.pg_export_snapshot()");
            Instant takenAt = Instant.now();
            PostgresContent[] content = new PostgresContent[1];
            work.effect(Effect.DUMP, () -> {
                content[0] = dumpAndRead(directory.resolve(DATA), connection, tools, snapshot, sizeBytes, work);
                write(directory.resolve(CONTENT), content[0].text().getBytes(StandardCharsets.UTF_8));
                write(directory.resolve(FORM), Json.mapper().writeValueAsBytes(form));
            });
            return new Snapshot(
                    content[0].hash(),
                    "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion(),
                    "pg_dump " + tools.version(),
                    sizeBytes,
                    takenAt);
        }
    }

    @Override
    public void prove(Path directory, Manifest manifest, StepWork work) throws Exception {
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            tools.list(directory.resolve(DATA), server);
            String scratch = names.scratch(work.tag());
            DatabaseForm form = form(directory);
            try {
                work.effect(Effect.SCRATCH, () -> {
                    PostgresServer.drop(maintenance, scratch);
                    PostgresServer.execute(maintenance, form.create(scratch));
                });
                work.effect(Effect.PROVE, () -> {
                    String activity = "restoring into a scratch database";
                    load(ErrorCode.BACKUP_FAILED, activity, maintenance, tools, directory, manifest, scratch, work);
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
        try (Connection maintenance = server.maintenance()) {
            PostgresTools tools = tools(maintenance);
            DatabaseForm form = PostgresServer.exists(maintenance, live)
                    ? DatabaseForm.of(maintenance, major(maintenance), live)
                    : form(directory);
            String fresh = names.fresh(work.tag());
            try {
                work.fencedEffect(Effect.CREATE, () -> {
                    PostgresServer.drop(maintenance, fresh);
                    PostgresServer.execute(maintenance, form.create(fresh));
                });
                work.effect(Effect.LOAD, () -> {
                    String activity = "restoring into a new database";
                    load(ErrorCode.RESTORE_FAILED, activity, maintenance, tools, directory, manifest, fresh, work);
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
                LOG.infof("dropping %s, replaced by an earlier restore", older);
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

    private PostgresContent dumpAndRead(
            Path data, Connection connection, PostgresTools tools, String snapshot, long sizeBytes, StepWork work)
            throws Exception {
        List<String> inSnapshot = List.of("--snapshot=" + snapshot, LOCK_WAIT, "--no-password");
        List<String> arguments = new ArrayList<>(inSnapshot);
        arguments.addAll(List.of(
                "--format=directory",
                "--jobs=" + options.jobs(),
                tools.major() >= 16 ? "--compress=zstd" : "--compress=1",
                "--file=" + data));
        AtomicLong readBytes = new AtomicLong();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<PostgresContent> reading =
                    executor.submit(() -> content(connection, tools, live, inSnapshot, readBytes::set));
            boolean done = false;
            try {
                LongConsumer written = work.bytes("dumping the database", sizeBytes);
                tools.dump(
                        server,
                        live,
                        arguments,
                        OutputStream.nullOutputStream(),
                        () -> written.accept(FileTree.growingBytes(data)));
                LongConsumer read = work.bytes("reading the database", sizeBytes);
                while (true) {
                    try {
                        PostgresContent content = reading.get(POLL_MS, TimeUnit.MILLISECONDS);
                        done = true;
                        return content;
                    } catch (TimeoutException e) {
                        read.accept(readBytes.get());
                    } catch (ExecutionException e) {
                        done = true;
                        throw e.getCause() instanceof Exception cause ? cause : e;
                    }
                }
            } finally {
                if (!done) {
                    reading.cancel(true);
                    connection.unwrap(PGConnection.class).cancelQuery();
                }
            }
        }
    }

    private void load(
            ErrorCode code,
            String activity,
            Connection maintenance,
            PostgresTools tools,
            Path directory,
            Manifest manifest,
            String target,
            StepWork work)
            throws Exception {
        Long sizeBytes = manifest.databaseSizeBytes();
        LongConsumer loaded = work.bytes(activity, sizeBytes == null ? manifest.sizeBytes() : sizeBytes);
        tools.restore(
                code,
                server,
                target,
                List.of(
                        "--exit-on-error",
                        "--no-password",
                        "--jobs=" + options.jobs(),
                        "--format=directory",
                        "--",
                        directory.resolve(DATA).toString()),
                () -> loaded.accept(sizeBytes(maintenance, target)));
        try (Connection connection = server.connect(target)) {
            LongConsumer read = work.bytes("comparing the restored data", sizeBytes(connection, target));
            PostgresContent content = content(connection, tools, target, List.of(), read);
            if (!content.hash().equals(manifest.contentHash())) {
                String difference = content.difference(Files.readAllLines(directory.resolve(CONTENT)));
                throw StepFailedException.refused(
                        code,
                        "the data that were restored from backup " + manifest.backupId()
                                + " differ from those that were backed up: " + difference);
            }
        }
    }

    private PostgresContent content(
            Connection connection,
            PostgresTools tools,
            String database,
            List<String> dumpArguments,
            LongConsumer progress)
            throws Exception {
        if (connection.getAutoCommit()) {
            PostgresContent.begin(connection);
        }
        List<String> arguments = new ArrayList<>(dumpArguments);
        arguments.addAll(List.of("--schema-only", "--no-password", LOCK_WAIT));
        ByteArrayOutputStream schema = new ByteArrayOutputStream();
        tools.dump(server, database, arguments, schema, () -> progress.accept(0));
        return PostgresContent.read(connection, schema.toString(StandardCharsets.UTF_8), progress);
    }

    private PostgresTools tools(Connection connection) throws SQLException {
        int major = major(connection);
        return PostgresTools.forServer(major, options.toolDirectories())
                .orElseThrow(
                        () -> StepFailedException.refused(ErrorCode.BACKUP_FAILED, PostgresChecks.missingTools(major)));
    }

    private void dropQuietly(Connection maintenance, String database) {
        try {
            PostgresServer.drop(maintenance, database);
        } catch (SQLException e) {
            LOG.warnf("database %s is left until the next run: %s", database, server.scrub(e.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static DatabaseForm form(Path directory) throws IOException {
        return Json.mapper().readValue(Files.readAllBytes(directory.resolve(FORM)), DatabaseForm.class);
    }

    private static void write(Path file, byte[] content) throws IOException {
        DurableFiles.write(file, content, DurableFiles.OWNER_ONLY);
    }

    static int major(Connection connection) throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion();
    }

    static long sizeBytes(Connection connection, String database) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT pg_catalog.pg_database_size(?)")) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next() ? rows.getLong(1) : 0;
            }
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
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
