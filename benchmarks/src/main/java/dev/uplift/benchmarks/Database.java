/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A real PostgreSQL that counts what it does, with everything on that production has on. */
final class Database implements AutoCloseable {
    private static final String COUNTS =
            "SELECT (SELECT coalesce(sum(calls), 0) FROM pg_stat_statements), wal_bytes, wal_sync FROM pg_stat_wal";
    private static final Duration START_MAX = Duration.ofMinutes(1);

    private final EmbeddedPostgres server;

    private Database(EmbeddedPostgres server) {
        this.server = server;
    }

    /**
     * What it did since its start.
     *
     * @param statements that clients sent
     * @param walBytes that it wrote ahead
     * @param syncs of what it wrote ahead, to the disk
     */
    record Counts(long statements, long walBytes, long syncs) {
        Counts since(Counts before) {
            return new Counts(statements - before.statements, walBytes - before.walBytes, syncs - before.syncs);
        }
    }

    static Database start() throws IOException, SQLException {
        Database database = new Database(EmbeddedPostgres.builder()
                .setPGStartupWait(START_MAX)
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("shared_preload_libraries", "pg_stat_statements")
                .setServerConfig("pg_stat_statements.track", "top")
                .start());
        database.execute("CREATE EXTENSION pg_stat_statements");
        return database;
    }

    /** The address of a database of that name, which is made. */
    String make(String name) throws SQLException {
        execute("CREATE DATABASE " + name);
        return server.getJdbcUrl("postgres", name);
    }

    Counts counts() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(COUNTS)) {
            row.next();
            return new Counts(row.getLong(1), row.getLong(2), row.getLong(3));
        }
    }

    /** The server with its children. */
    ProcessHandle process() throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return ProcessHandle.of(row.getLong(1))
                    .flatMap(ProcessHandle::parent)
                    .orElseThrow(() -> new IllegalStateException("PostgreSQL has no process"));
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
