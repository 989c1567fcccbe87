package dev.uplift.artifact.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.jspecify.annotations.Nullable;

/** One PostgreSQL server for all tests of this process, and a new database for who asks. */
public final class TestDatabase {
    private static int databases;
    private static final EmbeddedPostgres SERVER = start();
    private static @Nullable DataSource shared;

    private TestDatabase() {}

    /** With the tables of this service, empty: for one test at a time. */
    public static synchronized DataSource migrated() {
        DataSource database = shared;
        if (database == null) {
            database = SERVER.getDatabase("postgres", name());
            Flyway.configure()
                    .dataSource(database)
                    .locations("db/messaging", "db/artifact")
                    .load()
                    .migrate();
            shared = database;
        }
        try (Connection connection = database.getConnection()) {
            connection.createStatement().execute("TRUNCATE release");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return database;
    }

    /** The URL of a new database for the user postgres. */
    public static synchronized String url() {
        return SERVER.getJdbcUrl("postgres", name());
    }

    private static String name() {
        String name = "artifact_" + ++databases;
        try (Connection connection = SERVER.getPostgresDatabase().getConnection()) {
            connection.createStatement().execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return name;
    }

    private static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder()
                    .setServerConfig("fsync", "off")
                    .setServerConfig("max_connections", "50")
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
