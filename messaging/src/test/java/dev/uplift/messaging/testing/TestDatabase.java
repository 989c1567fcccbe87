/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.testing;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.flywaydb.core.Flyway;

/** New databases on one real PostgreSQL per JVM, with the pool that production has. */
public final class TestDatabase {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private static final class Shared {
        static final EmbeddedPostgres SERVER = server();

        private static EmbeddedPostgres server() {
            try {
                return EmbeddedPostgres.start();
            } catch (IOException e) {
                throw new UncheckedIOException("no PostgreSQL", e);
            }
        }
    }

    private TestDatabase() {}

    /** A new, empty database with the migrations of {@code locations}, such as {@code db/messaging}. */
    public static AgroalDataSource create(String... locations) {
        return connect(url(locations));
    }

    /** The URL of a new database with the migrations of {@code locations}, as {@link #create(String...)} makes it. */
    public static String url(String... locations) {
        String url = url();
        migrate(url, locations);
        return url;
    }

    /** As a service does it when it starts. */
    static void migrate(String url, String... locations) {
        Flyway.configure()
                .dataSource(url, null, null)
                .locations(locations)
                .outOfOrder(true)
                .load()
                .migrate();
    }

    /** The URL of a new, empty database of the user {@code postgres}, who needs no password. */
    public static String url() {
        String name = "test" + COUNT.incrementAndGet();
        try (Connection connection = Shared.SERVER.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("no new database", e);
        }
        return Shared.SERVER.getJdbcUrl("postgres", name);
    }

    static AgroalDataSource connect(String url) {
        try {
            return AgroalDataSource.from(new AgroalDataSourceConfigurationSupplier()
                    .connectionPoolConfiguration(pool -> pool.maxSize(20)
                            .acquisitionTimeout(Duration.ofSeconds(5))
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url))));
        } catch (SQLException e) {
            throw new IllegalStateException("no pool", e);
        }
    }
}
