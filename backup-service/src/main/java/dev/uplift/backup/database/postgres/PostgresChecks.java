/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.step.BackupWork;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.DiskSpace;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;

/** Looks at everything that a backup and a restore of a database will need, while the application still runs. */
final class PostgresChecks {
    private static final int SERVER_MAJOR_MIN = 12;
    /** The database, its scratch copy or its restored copy, and room to write. */
    private static final double SERVER_FREE_FACTOR = 1.2;

    private final PostgresServer server;
    private final PostgresOptions options;
    private final PostgresRehearsal rehearsal;
    private final BackupWork work;
    private final List<Check> checks = new ArrayList<>();

    PostgresChecks(PostgresServer server, PostgresOptions options, PostgresRehearsal rehearsal, BackupWork work) {
        this.server = server;
        this.options = options;
        this.rehearsal = rehearsal;
        this.work = work;
    }

    StepOutput.DatabaseChecked run() throws Exception {
        String live = server.spec().database();
        String version;
        long sizeBytes;
        DatabaseForm form;
        Optional<PostgresTools> tools;
        try (Connection connection = server.connect(live)) {
            int major = PostgresServer.major(connection);
            version = "PostgreSQL " + connection.getMetaData().getDatabaseProductVersion();
            sizeBytes = PostgresServer.sizeBytes(connection, live);
            if (!direct(connection)) {
                return new StepOutput.DatabaseChecked(version, sizeBytes, checks);
            }
            server(major, version);
            tools = tools(major);
            rights(connection);
            form = form(connection, major);
            space(connection, sizeBytes);
            checks.addAll(PostgresDataChecks.of(connection, server.spec().user()));
        }
        maintenance();
        if (tools.isPresent() && checks.stream().noneMatch(check -> check.verdict() == Check.Verdict.FAIL)) {
            checks.addAll(rehearse(form, tools.get()));
        }
        return new StepOutput.DatabaseChecked(version, sizeBytes, checks);
    }

    /** In a dry run a failure that may pass hides nothing of what else was found. */
    private List<Check> rehearse(DatabaseForm form, PostgresTools tools) throws Exception {
        try {
            return rehearsal.run(form, tools, work);
        } catch (StepFailure | SQLException | IOException e) {
            if (!work.command().dryRun()) {
                throw e;
            }
            String reason = String.valueOf(
                    switch (e) {
                        case SQLException sql -> PostgresRehearsal.FAILED + StepFailures.message(sql);
                        case IOException io ->
                            PostgresRehearsal.FAILED
                                    + StepFailures.otherwise(ErrorCode.DATABASE_UNAVAILABLE)
                                            .of(io)
                                            .getMessage();
                        default -> e.getMessage();
                    });
            return List.of(new Check(PostgresRehearsal.CHECK, Check.Verdict.FAIL, OneLine.of(server.scrub(reason))));
        }
    }

    /** A pool answers for the server: it has process ids of its own. */
    private boolean direct(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                    SELECT pg_catalog.pg_backend_pid(), pg_catalog.host(pg_catalog.inet_server_addr()),
                      pg_catalog.current_setting('port')\
                    """)) {
            row.next();
            boolean direct =
                    row.getInt(1) == connection.unwrap(PGConnection.class).getBackendPID();
            String address = row.getString(2);
            add(
                    "database.direct",
                    direct,
                    "the server itself answers",
                    server.spec().host() + ":" + server.spec().port()
                            + " is a connection pool such as PgBouncer, which keeps sessions open after the application"
                            + " has ended: let the application name the server itself, "
                            + (address == null ? "on the pool's host, at" : address + " as the pool sees it,")
                            + " port " + row.getString(3) + ", and register it again");
            return direct;
        }
    }

    static String missingTools(int serverMajor) {
        return "no pg_dump of version " + serverMajor + " or newer is on this host: install postgresql-client-"
                + serverMajor + ", or set uplift.backup.postgres.tools to the directory of one";
    }

    private void server(int major, String version) {
        int minimum = Math.max(SERVER_MAJOR_MIN, options.minimumMajor());
        add(
                "database.server",
                major >= minimum,
                version,
                version + " is older than " + minimum + ": upgrade the server first");
    }

    private Optional<PostgresTools> tools(int major) {
        Optional<PostgresTools> tools = PostgresTools.forServer(major, options.toolDirectories());
        if (tools.isEmpty()) {
            add("database.tools", Check.Verdict.FAIL, missingTools(major));
        } else if (tools.get().major() > major) {
            add(
                    "database.tools",
                    Check.Verdict.WARN,
                    "pg_dump " + tools.get().version() + " is newer than the server: install postgresql-client-"
                            + major);
        } else {
            add("database.tools", Check.Verdict.OK, "pg_dump " + tools.get().version());
        }
        return tools;
    }

    private void rights(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT current_user, r.rolsuper, r.rolcreatedb,
                          pg_catalog.pg_get_userbyid(d.datdba), pg_catalog.pg_has_role(d.datdba, 'USAGE')
                        FROM pg_catalog.pg_roles r, pg_catalog.pg_database d
                        WHERE r.rolname = current_user AND d.datname = pg_catalog.current_database()\
                        """)) {
            row.next();
            String user = row.getString(1);
            boolean superuser = row.getBoolean(2);
            if (superuser) {
                add("database.rights", Check.Verdict.OK, user + " is a superuser");
                return;
            }
            add(
                    "database.rights",
                    row.getBoolean(3),
                    user + " may create databases",
                    user + " may not create databases, which proving and restoring a backup needs: as a superuser run"
                            + " ALTER ROLE " + Sql.name(user) + " CREATEDB");
            add(
                    "database.owner",
                    row.getBoolean(5),
                    user + " owns the database",
                    "the database belongs to " + row.getString(4) + ", so that " + user
                            + " may not rename it, which a restore needs: as a superuser run ALTER DATABASE "
                            + Sql.name(server.spec().database()) + " OWNER TO " + Sql.name(user));
        }
    }

    private void maintenance() throws SQLException {
        try (Connection connection = server.maintenance()) {
            add(
                    "database.maintenance",
                    Check.Verdict.OK,
                    "database " + connection.getCatalog() + " can be connected to");
        } catch (StepFailure e) {
            add(
                    "database.maintenance",
                    Check.Verdict.FAIL,
                    "a restore renames the database, which needs a connection to another one: " + e.getMessage());
        }
    }

    private DatabaseForm form(Connection connection, int major) throws SQLException {
        DatabaseForm form = DatabaseForm.of(connection, major, server.spec().database());
        add(
                "database.form",
                Check.Verdict.OK,
                "encoding " + form.encoding() + ", collation " + form.collate() + ", owner " + form.owner() + ", "
                        + form.settings().size() + " settings of its own");
        return form;
    }

    /** Only a server on this host, whose settings may be read, tells where its disk is. */
    private void space(Connection connection, long sizeBytes) throws SQLException {
        Optional<Path> data = dataDirectory(connection);
        if (data.isEmpty()) {
            add(
                    "database.space",
                    Check.Verdict.WARN,
                    "the server does not say how much room it has: a proof or a restore needs "
                            + ByteCount.text(sizeBytes) + " more there");
            return;
        }
        try {
            long freeBytes = DiskSpace.freeBytes(data.get());
            add(
                    "database.space",
                    freeBytes >= sizeBytes * SERVER_FREE_FACTOR,
                    ByteCount.text(freeBytes) + " are free on the server's disk, the database has "
                            + ByteCount.text(sizeBytes),
                    "only " + ByteCount.text(freeBytes) + " are free on the server's disk, and the database of "
                            + ByteCount.text(sizeBytes) + " has to fit there once more: free some");
        } catch (IOException e) {
            add(
                    "database.space",
                    Check.Verdict.WARN,
                    "the room on the server's disk cannot be seen: " + e.getMessage());
        }
    }

    private Optional<Path> dataDirectory(Connection connection) throws SQLException {
        try {
            if (!server.isReachedFromHere()
                    || !InetAddress.getByName(server.spec().host()).isLoopbackAddress()) {
                return Optional.empty();
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return strings(connection, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'data_directory'").stream()
                .map(Path::of)
                .filter(Files::isDirectory)
                .findFirst();
    }

    private void add(String name, boolean good, String detail, String remedy) {
        add(name, good ? Check.Verdict.OK : Check.Verdict.FAIL, good ? detail : remedy);
    }

    private void add(String name, Check.Verdict verdict, String detail) {
        checks.add(new Check(name, verdict, OneLine.of(detail)));
    }

    private static List<String> strings(Connection connection, String sql) throws SQLException {
        List<String> strings = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                strings.add(String.valueOf(rows.getString(1)));
            }
        }
        return strings;
    }
}
