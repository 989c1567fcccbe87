/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * PostgreSQL with one database and one role per service. The library that brings it means it for tests
 * and turns durability off; here it is turned on again, and that is checked.
 */
final class EmbeddedDatabase implements AutoCloseable {
    private static final Duration STARTUP_MAX = Duration.ofSeconds(60);

    private final EmbeddedPostgres server;

    private EmbeddedDatabase(EmbeddedPostgres server) {
        this.server = server;
    }

    /** Ends the server that an earlier supervisor left running on these data, perhaps on another port. */
    static void endLeftover(Home home) throws IOException, InterruptedException {
        Path pidFile = data(home).resolve("postmaster.pid");
        if (Files.exists(pidFile)) {
            Optional<Leftover> leftover = leftover(Files.readAllLines(pidFile));
            if (leftover.isPresent()) {
                leftover.get().end(EmbeddedDatabase::interrupt);
            }
        }
    }

    /** PostgreSQL writes its pid, the data directory and its start in seconds, each on a line. */
    private static Optional<Leftover> leftover(List<String> pidFile) {
        try {
            return pidFile.size() < 3
                    ? Optional.empty()
                    : Optional.of(new Leftover(
                            Long.parseLong(pidFile.get(0).strip()),
                            Instant.ofEpochSecond(Long.parseLong(pidFile.get(2).strip()))));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    private static Path data(Home home) {
        return home.postgres().resolve("data");
    }

    /** Starts it on a port that is free and on data that no server uses. */
    static EmbeddedDatabase start(Home home, Ports ports, Credentials credentials) throws IOException, SQLException {
        Path data = data(home);
        Files.createDirectories(data);
        Redirect log = Redirect.appendTo(home.log("postgresql").toFile());
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(home.postgres().resolve("bin").toFile())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setPort(ports.postgres())
                .setPGStartupWait(STARTUP_MAX)
                .setServerConfig("listen_addresses", "127.0.0.1")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on")
                .setServerConfig("password_encryption", "scram-sha-256")
                .setConnectConfig("password", credentials.superuser())
                .setErrorRedirector(log)
                .setOutputRedirector(log);
        EmbeddedDatabase database = new EmbeddedDatabase(start(builder, data));
        try {
            database.prepare(data, credentials);
        } catch (IOException | SQLException e) {
            database.close();
            throw e;
        }
        return database;
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** The library forgets a server that it has started where it fails then: always in a process that is being stopped. */
    private static EmbeddedPostgres start(EmbeddedPostgres.Builder builder, Path data) throws IOException {
        try {
            return builder.start();
        } catch (IOException | RuntimeException e) {
            List<ProcessHandle> started = ProcessHandle.current()
                    .children()
                    .filter(child -> Stream.of(child.info().arguments().orElse(new String[0]))
                            .anyMatch(data.toString()::equals))
                    .toList();
            for (ProcessHandle process : started) {
                end(process);
            }
            throw e;
        }
    }

    private static void end(ProcessHandle process) throws IOException {
        Optional<Instant> since = process.info().startInstant();
        if (since.isPresent()) {
            try {
                new Leftover(process.pid(), since.get()).end(EmbeddedDatabase::interrupt);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A stop that does not wait for clients to leave. */
    private static void interrupt(ProcessHandle server) throws IOException {
        new ProcessBuilder("sh", "-c", "kill -INT " + server.pid()).start();
    }

    private void prepare(Path data, Credentials credentials) throws IOException, SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            requireOn(statement, "fsync");
            requireOn(statement, "synchronous_commit");
            statement.execute("ALTER ROLE postgres PASSWORD '" + credentials.superuser() + "'");
            for (Service service : Service.values()) {
                prepare(statement, service.database(), credentials.of(service));
            }
            Files.writeString(data.resolve("pg_hba.conf"), """
                    # Written at every start: passwords on loopback, nothing else.
                    local all all scram-sha-256
                    host  all all 127.0.0.1/32 scram-sha-256
                    host  all all ::1/128      scram-sha-256
                    """);
            statement.execute("SELECT pg_reload_conf()");
        }
    }

    private static void prepare(Statement statement, String name, String password) throws SQLException {
        if (!exists(statement, "SELECT 1 FROM pg_roles WHERE rolname = '" + name + "'")) {
            statement.execute("CREATE ROLE " + name + " LOGIN");
        }
        statement.execute("ALTER ROLE " + name + " PASSWORD '" + password + "'");
        if (!exists(statement, "SELECT 1 FROM pg_database WHERE datname = '" + name + "'")) {
            statement.execute("CREATE DATABASE " + name + " OWNER " + name);
            statement.execute("REVOKE CONNECT ON DATABASE " + name + " FROM PUBLIC");
        }
    }

    private static boolean exists(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            return rows.next();
        }
    }

    private static void requireOn(Statement statement, String setting) throws SQLException {
        try (ResultSet rows = statement.executeQuery("SHOW " + setting)) {
            rows.next();
            if (!"on".equals(rows.getString(1))) {
                throw new IllegalStateException("the embedded PostgreSQL runs with " + setting + " off");
            }
        }
    }
}
