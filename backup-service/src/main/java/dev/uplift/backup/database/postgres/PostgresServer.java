/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.Route;
import dev.uplift.host.Scrubber;
import dev.uplift.host.Secret;
import dev.uplift.messaging.OneLine;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server that holds an application's database, reached as the application reaches it. */
final class PostgresServer {
    private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
    /** Marks our own sessions: those that an interrupted run left are ended, nobody else's ever. */
    static final String APPLICATION_NAME = "uplift-backup";

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    /** Any that this service accepts: the driver then sets nothing once it is connected. */
    private static final String SERVER_VERSION_ASSUMED = "9.0";

    private static final Duration SESSION_END_TIMEOUT = Duration.ofSeconds(20);
    /** To create, rename and drop databases one must be connected to another one. */
    private static final List<String> MAINTENANCE_DATABASES = List.of("postgres", "template1");

    private final DatabaseSpec.PostgreSql spec;
    private final Route route;
    private final @Nullable Secret password;
    private final Scrubber scrubber;

    PostgresServer(DatabaseSpec.PostgreSql spec, Route route, @Nullable Secret password) {
        this.spec = spec;
        this.route = route;
        this.password = password;
        this.scrubber = Scrubber.of(password == null ? List.of() : List.of(password.reveal()));
    }

    DatabaseSpec.PostgreSql spec() {
        return spec;
    }

    /** Where it is reached at this moment: the way may lead through a connection that was made again. */
    private InetSocketAddress address() {
        try {
            return route.to(spec.host(), spec.port());
        } catch (IOException e) {
            throw StepFailures.otherwise(ErrorCode.DATABASE_UNAVAILABLE).of(e);
        }
    }

    /** Whether its files, if it is at a loopback address, are this machine's. */
    boolean isReachedFromHere() {
        return spec.reachedFrom() == null;
    }

    /** Takes the password out of a text. */
    String scrub(String text) {
        return scrubber.scrub(text);
    }

    /** Settings for libpq that name the server and the user, and hold the password. */
    Map<String, String> environment(String database) {
        InetSocketAddress address = address();
        Map<String, String> environment = new TreeMap<>();
        environment.put("PGHOST", address.getHostString());
        environment.put("PGPORT", Integer.toString(address.getPort()));
        environment.put("PGUSER", spec.user());
        environment.put("PGDATABASE", database);
        environment.put("PGAPPNAME", APPLICATION_NAME);
        environment.put("PGCONNECT_TIMEOUT", Long.toString(CONNECT_TIMEOUT.toSeconds()));
        environment.put("PGCLIENTENCODING", "UTF8");
        if (password != null) {
            environment.put("PGPASSWORD", password.reveal());
        }
        return environment;
    }

    /**
     * Connects to a database of the server. Nothing is set on it but what the start of a session holds: behind a pool
     * what is set stays with the server's connection, which the pool hands to the application.
     *
     * @throws StepFailure DATABASE_UNAVAILABLE
     */
    Connection connect(String database) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        InetSocketAddress address = address();
        source.setServerNames(new String[] {address.getHostString()});
        source.setPortNumbers(new int[] {address.getPort()});
        source.setDatabaseName(database);
        source.setUser(spec.user());
        if (password != null) {
            source.setPassword(password.reveal());
        }
        source.setApplicationName(APPLICATION_NAME);
        source.setAssumeMinServerVersion(SERVER_VERSION_ASSUMED);
        source.setConnectTimeout((int) CONNECT_TIMEOUT.toSeconds());
        source.setLoginTimeout((int) CONNECT_TIMEOUT.toSeconds());
        source.setTcpKeepAlive(true);
        try {
            return source.getConnection();
        } catch (SQLException e) {
            throw StepFailure.retryable(
                    ErrorCode.DATABASE_UNAVAILABLE,
                    scrub("cannot connect to database " + database + " of " + spec.host() + ":" + spec.port() + " as "
                            + spec.user() + ": " + e.getMessage()),
                    e);
        }
    }

    /**
     * Connects to a database that is not the application's.
     *
     * @throws StepFailure DATABASE_UNAVAILABLE
     */
    Connection maintenance() {
        List<StepFailure> failures = new ArrayList<>();
        for (String database : MAINTENANCE_DATABASES) {
            if (!database.equals(spec.database())) {
                try {
                    return connect(database);
                } catch (StepFailure e) {
                    failures.add(e);
                }
            }
        }
        throw failures.getFirst();
    }

    static boolean exists(Connection connection, String database) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("SELECT 1 FROM pg_database WHERE datname = ?")) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                return rows.next();
            }
        }
    }

    static String exportSnapshot(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_export_snapshot()")) {
            row.next();
            return row.getString(1);
        }
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

    static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(sql);
        }
    }

    /** Who is connected to a database, ourselves excepted: one line for each, with its process id. */
    static List<String> sessions(Connection connection, String database) throws SQLException {
        List<String> sessions = new ArrayList<>();
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT pid, usename, application_name, host(client_addr) AS client
                FROM pg_stat_activity
                WHERE datname = ? AND usesysid IS NOT NULL AND pid <> pg_backend_pid()
                ORDER BY pid\
                """)) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String application = rows.getString("application_name");
                    String client = rows.getString("client");
                    sessions.add((application == null || application.isBlank() ? "unnamed" : application) + " (pid "
                            + rows.getInt("pid") + ", user " + rows.getString("usename")
                            + (client == null ? "" : ", from " + client) + ")");
                }
            }
        }
        try (PreparedStatement query =
                connection.prepareStatement("SELECT gid FROM pg_prepared_xacts WHERE database = ? ORDER BY gid")) {
            query.setString(1, database);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    sessions.add("prepared transaction " + rows.getString("gid"));
                }
            }
        }
        return sessions;
    }

    /**
     * Ends the sessions that an interrupted run of this service left on a database, and waits until they
     * are gone.
     */
    static void endOwnSessions(Connection connection, String database) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + SESSION_END_TIMEOUT.toNanos();
        while (true) {
            try (PreparedStatement end = connection.prepareStatement("""
                    SELECT count(pg_terminate_backend(pid))
                    FROM pg_stat_activity
                    WHERE datname = ? AND usename = current_user AND application_name = ?
                      AND pid <> pg_backend_pid()\
                    """)) {
                end.setString(1, database);
                end.setString(2, APPLICATION_NAME);
                try (ResultSet rows = end.executeQuery()) {
                    if ((rows.next() && rows.getInt(1) == 0) || System.nanoTime() - deadline > 0) {
                        return;
                    }
                }
            }
            // A server before version 14 cannot be asked to wait for the end of a session.
            Thread.sleep(50);
        }
    }

    /** Drops a database that this service made, together with its own sessions on it. */
    static void drop(Connection connection, String database) throws SQLException, InterruptedException {
        if (exists(connection, database)) {
            endOwnSessions(connection, database);
            execute(connection, "DROP DATABASE IF EXISTS " + Sql.name(database));
        }
    }

    /** The same where the work is done, or has failed for another reason: what cannot be dropped is left for later. */
    void dropQuietly(Connection connection, String database) {
        try {
            drop(connection, database);
        } catch (SQLException e) {
            LOG.warn("database {} is left until the next run: {}", database, scrub(e.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drops what interrupted runs left. */
    void dropAll(Connection connection, Predicate<String> leftover) throws SQLException {
        for (String database : databases(connection, leftover)) {
            LOG.info("dropping {}, left by an earlier run", database);
            dropQuietly(connection, database);
        }
    }

    /** A warning for each database that could not be dropped; the step itself is done. */
    List<Check> leftovers(Connection connection, Predicate<String> leftover) {
        try {
            return databases(connection, leftover).stream()
                    .map(PostgresServer::leftover)
                    .toList();
        } catch (SQLException e) {
            LOG.warn("what is left on the server was not found out: {}", scrub(e.toString()));
            return List.of();
        }
    }

    static Check leftover(String database) {
        return new Check(
                "database.leftover",
                Check.Verdict.WARN,
                OneLine.of(
                        "database " + database + " is not needed any more and could not be dropped: end its sessions,"
                                + " so that the next run can, or drop it"));
    }

    private static List<String> databases(Connection connection, Predicate<String> chosen) throws SQLException {
        List<String> databases = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT datname FROM pg_catalog.pg_database ORDER BY 1")) {
            while (rows.next()) {
                databases.add(rows.getString(1));
            }
        }
        return databases.stream().filter(chosen).toList();
    }
}
