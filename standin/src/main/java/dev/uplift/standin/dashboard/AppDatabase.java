/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** The application database: where it is, and connections to it. */
final class AppDatabase implements AutoCloseable {
    enum Kind {
        H2,
        POSTGRES
    }

    private final Kind kind;
    private final String url;
    private final Properties login;
    private @Nullable HikariDataSource pool;
    private volatile boolean opened;

    private AppDatabase(Kind kind, String url, Properties login) {
        this.kind = kind;
        this.url = url;
        this.login = login;
    }

    /** Reads the settings; nothing is opened. */
    static AppDatabase of(Settings settings, Release release) {
        Properties login = new Properties();
        settings.text("MB_DB_USER").ifPresent(user -> login.setProperty("user", user));
        settings.text("MB_DB_PASS").ifPresent(password -> login.setProperty("password", password));
        Optional<String> uri = settings.text("MB_DB_CONNECTION_URI").map(text -> text.replaceFirst("^jdbc:", ""));
        String type = uri.map(text -> text.startsWith("h2:") ? "h2" : "postgres")
                .orElseGet(() -> settings.text("MB_DB_TYPE", "h2").toLowerCase(Locale.ROOT));
        if (type.equals("h2")) {
            return h2(uri.map(text ->
                            Path.of(text.replaceFirst("^h2:(file:)?", "").replaceFirst(";.*", "")))
                    .orElseGet(() -> settings.path("MB_DB_FILE", "metabase.db")));
        }
        if (!type.equals("postgres")) {
            throw new IllegalArgumentException("MB_DB_TYPE must be h2 or postgres, not " + type);
        }
        login.setProperty(
                "ApplicationName",
                "standin " + release.tag() + " pid " + ProcessHandle.current().pid());
        return new AppDatabase(
                Kind.POSTGRES,
                uri.map(text -> postgresUrl(text, login))
                        .orElseGet(() -> "jdbc:postgresql://" + settings.text("MB_DB_HOST", "localhost") + ":"
                                + settings.number("MB_DB_PORT", 5432) + "/"
                                + settings.text("MB_DB_DBNAME", "metabase")),
                login);
    }

    /** A fresh, empty database that nobody asked for. */
    static AppDatabase empty() throws IOException {
        return h2(Files.createTempDirectory(Path.of("").toAbsolutePath(), "standin-empty-")
                .resolve("metabase.db"));
    }

    private static AppDatabase h2(Path file) {
        return new AppDatabase(
                Kind.H2, "jdbc:h2:file:" + file.toAbsolutePath() + ";DB_CLOSE_ON_EXIT=FALSE", new Properties());
    }

    private static String postgresUrl(String text, Properties login) {
        URI uri = URI.create(text);
        String userInfo = uri.getRawUserInfo();
        if (userInfo != null) {
            String[] parts = userInfo.split(":", 2);
            login.putIfAbsent("user", URLDecoder.decode(parts[0], StandardCharsets.UTF_8));
            if (parts.length > 1) {
                login.putIfAbsent("password", URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return "jdbc:postgresql://" + uri.getHost() + ":" + (uri.getPort() < 0 ? 5432 : uri.getPort())
                + uri.getRawPath() + query;
    }

    Kind kind() {
        return kind;
    }

    /** Where it is, without login and options. */
    String address() {
        return url.replaceFirst("[?;].*", "");
    }

    /** A connection outside the pool. */
    Connection connect() throws SQLException {
        Connection connection = DriverManager.getConnection(url, login);
        opened = true;
        return connection;
    }

    /** A connection of the pool; waits up to 3 s. */
    Connection pooled() throws SQLException {
        return pool().getConnection();
    }

    private synchronized HikariDataSource pool() {
        HikariDataSource open = pool;
        if (open == null) {
            HikariConfig config = new HikariConfig();
            config.setJdbcUrl(url);
            config.setDataSourceProperties(login);
            config.setMaximumPoolSize(6);
            config.setMinimumIdle(1);
            config.setConnectionTimeout(3_000);
            config.setInitializationFailTimeout(-1);
            open = new HikariDataSource(config);
            pool = open;
        }
        return open;
    }

    /** Makes what is committed survive the death of the process; PostgreSQL does so by itself. */
    void flush(Connection connection) throws SQLException {
        if (kind == Kind.H2) {
            try (Statement statement = connection.createStatement()) {
                statement.execute("CHECKPOINT SYNC");
            }
        }
    }

    /** Ends all sessions; an H2 file is closed cleanly even while a migration still runs on it. */
    @Override
    public synchronized void close() throws SQLException {
        HikariDataSource open = pool;
        if (open != null) {
            open.close();
        }
        if (kind == Kind.H2 && opened) {
            try (Connection connection = connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SHUTDOWN");
            }
        }
    }
}
