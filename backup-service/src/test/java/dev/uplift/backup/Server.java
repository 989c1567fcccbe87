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

/** One real PostgreSQL for all tests. Its role {@code app} may create databases, and {@code poor} may not. */
final class Server {
    static final String PASSWORD = "canary-7f3a91";
    private static final EmbeddedPostgres POSTGRES = start();

    private Server() {}

    private static EmbeddedPostgres start() {
        try {
            EmbeddedPostgres started = EmbeddedPostgres.builder().start();
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

    /** Databases whose name contains this. */
    static List<String> databases(String part) throws SQLException {
        return query("postgres", "postgres", "SELECT datname FROM pg_database ORDER BY 1").stream()
                .filter(name -> name.contains(part))
                .toList();
    }
}
