/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.LocalHost;
import dev.uplift.profile.Profiles;
import dev.uplift.testbed.Forwarder;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a database says that it is, by every way of naming it. */
class DatabaseIdTest {
    private static final LocalHost HOST = new LocalHost();

    @TempDir
    private static Path servers;

    @TempDir
    Path temporary;

    private static EmbeddedPostgres original;
    private static EmbeddedPostgres copy;

    @BeforeAll
    static void serve() throws Exception {
        Path data = servers.resolve("original");
        start(data).close();
        assertThat(new ProcessBuilder(
                                "cp",
                                "-a",
                                data.toString(),
                                servers.resolve("copy").toString())
                        .start()
                        .waitFor())
                .isZero();
        original = start(data);
        copy = start(servers.resolve("copy"));
        for (String statement : new String[] {
            "CREATE DATABASE other",
            "CREATE ROLE plain LOGIN PASSWORD 'plain'",
            "CREATE ROLE barred LOGIN PASSWORD 'barred'",
            "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION pg_control_system() TO plain"
        }) {
            execute(original, statement);
        }
    }

    @AfterAll
    static void serveNoMore() throws Exception {
        original.close();
        copy.close();
    }

    private static EmbeddedPostgres start(Path data) throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .start();
    }

    private static void execute(EmbeddedPostgres server, String sql) throws Exception {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @ParameterizedTest(name = "as {1} at {0}")
    @CsvSource({"127.0.0.1, postgres", "localhost, postgres", "LOCALHOST, plain", "127.1, plain"})
    void aServersDatabaseIsOneByEveryAddressAndRole(String host, String user) throws Exception {
        AppDatabase database = postgres(host, original.getPort(), "postgres", user);

        assertThat(database.id()).isEqualTo(known().id());
        assertThat(database.id().orElseThrow().id()).matches("postgresql:\\d{15,20}/postgres");
    }

    @Test
    void aPortForwardLeadsToTheSame() throws Exception {
        try (Forwarder forwarder = new Forwarder("127.0.0.1", original.getPort())) {
            AppDatabase database = postgres("127.0.0.1", forwarder.port(), "postgres", "postgres");

            assertThat(database.id()).isEqualTo(known().id());
            assertThat(database.isSame(known())).isTrue();
        }
    }

    @Test
    void anotherDatabaseOfTheServerIsAnother() throws Exception {
        assertThat(postgres("127.0.0.1", original.getPort(), "other", "postgres")
                        .id())
                .isPresent()
                .isNotEqualTo(known().id());
    }

    @Test
    void theIdStaysWhereARestoreReplacesTheDatabaseByOneOfItsName() throws Exception {
        execute(original, "CREATE DATABASE replaced");
        AppDatabase database = postgres("127.0.0.1", original.getPort(), "replaced", "postgres");
        Optional<DatabaseSeen> before = database.id();

        execute(original, "ALTER DATABASE replaced RENAME TO replaced_uplift_failed");
        execute(original, "CREATE DATABASE replaced");

        assertThat(database.id()).isEqualTo(before);
    }

    @Test
    void aPhysicalCopySaysTheSameAndIsToldApartByALock() throws Exception {
        AppDatabase clone = postgres("127.0.0.1", copy.getPort(), "postgres", "postgres");

        assertThat(clone.id().orElseThrow().id())
                .isEqualTo(known().id().orElseThrow().id());
        assertThat(clone.isSame(known())).isFalse();
    }

    @Test
    void aRoleThatMayNotAskIsToldByWhenTheServerWasStarted() throws Exception {
        AppDatabase database = postgres("127.0.0.1", original.getPort(), "postgres", "barred");

        DatabaseSeen seen = database.id().orElseThrow();
        assertThat(seen.id()).matches("postgresql-run:\\d{8}T\\d{6}\\.\\d{6}/postgres");
        assertThat(postgres("localhost", original.getPort(), "postgres", "barred")
                        .id())
                .isEqualTo(database.id());
        assertThat(postgres("localhost", original.getPort(), "other", "barred").id())
                .isNotEqualTo(database.id());
        assertThat(known().id().orElseThrow().ids())
                .as("whoever may ask is told that, too")
                .hasSize(2)
                .contains(seen.id());
    }

    @Test
    void aFileIsOneByEveryNameUntilItIsReplaced() throws Exception {
        Path directory = temporary.toRealPath();
        Path file = Files.writeString(directory.resolve("metabase.db.mv.db"), "data");
        Path link = Files.createSymbolicLink(directory.resolve("link.mv.db"), file);
        Path hard = Files.createLink(directory.resolve("hard.mv.db"), file);

        assertThat(h2(file).id()).isPresent();
        assertThat(h2(link).id()).isEqualTo(h2(file).id());
        assertThat(h2(hard).id()).isEqualTo(h2(file).id());
        assertThat(h2(Path.of(directory + "/.//link.mv.db")).id()).isEqualTo(h2(file).id());
        assertThat(h2(hard).isSame(h2(file))).isTrue();

        Path restored = Files.writeString(directory.resolve("restored"), "data");
        Files.move(restored, file, StandardCopyOption.REPLACE_EXISTING);
        assertThat(h2(hard).id()).isNotEqualTo(h2(file).id());
        assertThat(h2(hard).isSame(h2(file))).isFalse();
        assertThat(h2(directory.resolve("none.mv.db")).id()).isEmpty();
    }

    private static AppDatabase known() throws Exception {
        return postgres("127.0.0.1", original.getPort(), "postgres", "postgres");
    }

    private static AppDatabase postgres(String host, int port, String database, String user) throws Exception {
        return AppDatabase.of(
                HOST,
                InetSocketAddress::new,
                new DatabaseSpec.PostgreSql(host, port, database, user, null),
                Profiles.load(Optional.empty()).byName("metabase").orElseThrow().database(),
                null);
    }

    private static AppDatabase h2(Path file) {
        return AppDatabase.of(HOST, new DatabaseSpec.H2(NodeSpec.LOCAL, file.toString(), null, null));
    }
}
