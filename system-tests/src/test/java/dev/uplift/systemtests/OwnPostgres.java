/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A PostgreSQL that may be away for a while: same data, same address. */
final class OwnPostgres implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofMinutes(1);

    private final Path data;
    private final int port = StandInContainers.freePort();
    private EmbeddedPostgres server;

    private OwnPostgres(Path data) throws IOException {
        this.data = data;
        this.server = launch();
    }

    static OwnPostgres start(Path data) {
        try {
            return new OwnPostgres(data);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates a database, of the user {@code postgres}, who needs no password. */
    void create(String database) throws SQLException {
        try (Connection connection = connect("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + database);
        }
    }

    String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(url(database), "postgres", "");
    }

    /** Ends it as a crash does: whoever is in a transaction does not hear of its outcome. */
    void crash() {
        try {
            Process process = server.getProcess();
            Process signal = new ProcessBuilder("kill", "-QUIT", String.valueOf(process.pid())).start();
            signal.onExit().join();
            process.onExit().join();
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void startAgain() {
        try {
            server = launch();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private EmbeddedPostgres launch() throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(port)
                .setPGStartupWait(START_MAX)
                .start();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
