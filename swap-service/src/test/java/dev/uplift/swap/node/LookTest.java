/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.LocalHost;
import dev.uplift.profile.Migrations;
import dev.uplift.testbed.RequiresRoot;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A look at a PostgreSQL database changes nothing, and leaves nothing to whoever has its connection next. */
class LookTest {
    private static final String READ_ONLY_TRANSACTION = "25006";

    @TempDir
    private Path directory;

    private static EmbeddedPostgres server;

    @BeforeAll
    static void serve() throws Exception {
        server = EmbeddedPostgres.builder().start();
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE done (id text)");
        }
    }

    @AfterAll
    static void serveNoMore() throws IOException {
        server.close();
    }

    @Test
    void aLookCannotWrite() {
        AppDatabase database = database(server.getPort(), "INSERT INTO done VALUES ('us') RETURNING id");

        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(database::migrationLock)
                .satisfies(refused -> assertThat(refused.getSQLState()).isEqualTo(READ_ONLY_TRANSACTION));
    }

    @Test
    @RequiresRoot
    void theNextClientOfAPoolersConnectionFindsItAsItWas() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process pooler = pooler(port);
        try {
            await().atMost(Duration.ofSeconds(20))
                    .ignoreExceptionsInstanceOf(SQLException.class)
                    .until(() -> asked(port, "SELECT 1").equals("1"));
            String serverSide = asked(port, "SELECT pg_backend_pid()");
            AppDatabase pooled = database(port, "SELECT id FROM done");

            assertThat(pooled.id()).isPresent();
            assertThat(pooled.users()).isEmpty();
            assertThat(pooled.migrations()).hasValue(0);
            assertThat(pooled.migrationLock()).isEmpty();
            assertThat(pooled.isSame(database(server.getPort(), "SELECT id FROM done")))
                    .isTrue();

            assertThat(asked(port, "SELECT pg_backend_pid()"))
                    .as("it has one connection, which it keeps")
                    .isEqualTo(serverSide);
            assertThat(asked(port, "SHOW default_transaction_read_only")).isEqualTo("off");
            assertThat(asked(port, "SELECT count(*) FROM pg_prepared_statements"))
                    .isEqualTo("0");
            assertThat(asked(port, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"))
                    .isEqualTo("0");
            assertThat(asked(port, "INSERT INTO done VALUES ('the application') RETURNING id"))
                    .isEqualTo("the application");
        } finally {
            pooler.destroy();
            assertThat(pooler.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    /** Runs a PgBouncer that lends its only connection to the server for a transaction each. */
    private Process pooler(int port) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path users = Files.writeString(directory.resolve("users.txt"), "\"postgres\" \"\"\n");
        Path settings =
                Files.writeString(directory.resolve("pgbouncer.ini"), """
                    [databases]
                    * = host=127.0.0.1 port=%d
                    [pgbouncer]
                    listen_addr = 127.0.0.1
                    listen_port = %d
                    unix_socket_dir =
                    auth_type = trust
                    auth_file = %s
                    pool_mode = transaction
                    default_pool_size = 1
                    """.formatted(server.getPort(), port, users));
        return new ProcessBuilder("/usr/sbin/pgbouncer", "-q", "-u", "nobody", settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("pgbouncer.log").toFile())
                .start();
    }

    private static String asked(int port, String query) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=postgres");
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private static AppDatabase database(int port, String lockQuery) {
        return new PostgresAppDatabase(
                new LocalHost(),
                InetSocketAddress::new,
                new DatabaseSpec.PostgreSql("127.0.0.1", port, "postgres", "postgres", null),
                Optional.of(new Migrations("done", lockQuery, null)),
                null);
    }
}
