/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * One real PostgreSQL for all tests. Its role {@code app} may create databases, and {@code poor} may not; {@code app} is
 * a member of {@code writer}.
 */
final class Server {
    static final String PASSWORD = "canary-7f3a91";
    private static final EmbeddedPostgres POSTGRES = start();

    private Server() {}

    private static EmbeddedPostgres start() {
        try {
            EmbeddedPostgres started = EmbeddedPostgres.builder()
                    .setServerConfig("wal_level", "logical")
                    .setServerConfig("max_prepared_transactions", "5")
                    .start();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                try {
                    started.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
            try (Connection connection = started.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE app LOGIN CREATEDB PASSWORD '" + PASSWORD + "'");
                statement.execute("CREATE ROLE poor LOGIN");
                statement.execute("CREATE ROLE reader LOGIN");
                statement.execute("CREATE ROLE writer");
                statement.execute("GRANT writer TO app");
            }
            return started;
        } catch (IOException | SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    static int port() {
        return POSTGRES.getPort();
    }

    static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    static Connection connect(String user, String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("ApplicationName", "the application");
        String encoded = URLEncoder.encode(database, StandardCharsets.UTF_8);
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port() + "/" + encoded, properties);
    }

    static void run(String user, String database, String... statements) throws SQLException {
        try (Connection connection = connect(user, database);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    static void admin(String... statements) throws SQLException {
        run("postgres", "postgres", statements);
    }

    static List<String> query(String user, String database, String sql) throws SQLException {
        try (Connection connection = connect(user, database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        }
    }

    /** What the superuser's {@code pg_dump} says of a database as a whole and of all in it, line by line, sorted. */
    static List<String> dump(String database) throws Exception {
        ProcessBuilder program = new ProcessBuilder(
                "pg_dump",
                "--create",
                "--host=127.0.0.1",
                "--port=" + port(),
                "--username=postgres",
                "--dbname=dbname='" + database + "'");
        Process dump = program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        List<String> lines = new String(dump.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("\\restrict ") && !line.startsWith("\\unrestrict "))
                .filter(line -> !line.startsWith("-- "))
                // A condition that was printed and read again has its casts in other places.
                .map(line -> line.contains("ARRAY[") ? line.replaceAll("[()]|::[a-z ]+(\\[\\])?", "") : line)
                .sorted()
                .toList();
        if (dump.waitFor() != 0) {
            throw new IllegalStateException("pg_dump ended with " + dump.exitValue());
        }
        return lines;
    }

    /** Databases whose name contains this. */
    static List<String> databases(String part) throws SQLException {
        return query("postgres", "postgres", "SELECT datname FROM pg_database ORDER BY 1").stream()
                .filter(name -> name.contains(part))
                .toList();
    }
}
