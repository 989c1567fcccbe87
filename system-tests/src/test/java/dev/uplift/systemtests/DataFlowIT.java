/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.StandInReleases;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** An application that none of us wrote: Uplift knows of it only what its profile says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DataFlowIT {
    /** It starts in 15 s on an idle machine. */
    private static final StepLimits LIMITS =
            new StepLimits(Duration.ofMinutes(2), Duration.ofMinutes(4), Duration.ofSeconds(2), Duration.ofSeconds(60));

    private static final Duration END_MAX = Duration.ofMinutes(5);

    private final Product product = Product.shared();
    private final Path download = product.downloadDirectory()
            .resolve(String.valueOf(DataFlow.jar(DataFlow.NEW_VERSION).getFileName()));

    @BeforeAll
    void offer() throws IOException {
        Files.copy(DataFlow.jar(DataFlow.NEW_VERSION), download);
    }

    @AfterAll
    void withdraw() throws IOException {
        Files.delete(download);
    }

    @Tag("night")
    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void onPostgresqlTheNewVersionMigratesAndKeepsTheTasks() throws IOException, SQLException {
        String name = "dataflow-postgresql";
        String password = "pg-secret-of-dataflow";
        product.createDatabase(name, password);
        Map<String, String> environment = Map.of(
                "SPRING_DATASOURCE_URL",
                "jdbc:postgresql://127.0.0.1:" + product.status().postgresPort() + "/" + name,
                "SPRING_DATASOURCE_USERNAME",
                name,
                "SPRING_DATASOURCE_PASSWORD",
                password,
                "SPRING_DATASOURCE_DRIVER_CLASS_NAME",
                "org.postgresql.Driver");
        try (DataFlow server = DataFlow.start(product.applications().resolve(name), environment)) {
            server.createTask("kept");
            List<String> tasks = server.tasks();
            assertThat(tasks).hasSize(1);
            int migrations = migrations(name);
            assertRecognised(product.register(name, server.directory()), DatabaseSpec.PostgreSql.class);

            UpgradeStatus ended = product.awaitEnd(beginUpgrade(name), END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
            assertThat(server.version()).isEqualTo(DataFlow.NEW_VERSION);
            assertThat(server.healthy()).isTrue();
            assertThat(server.tasks()).isEqualTo(tasks);
            assertThat(migrations(name)).as("migrations done").isGreaterThan(migrations);
            assertThat(server.commandLines()).singleElement().asString().doesNotContain(password);
        }
    }

    @Test
    @Execution(ExecutionMode.CONCURRENT)
    void onH2TheNewVersionFailsAndTheOldOneComesBackWithItsDatabase() throws IOException {
        String name = "dataflow-h2";
        String password = "h2-secret-of-dataflow";
        Map<String, String> environment = Map.of(
                "SPRING_DATASOURCE_URL",
                "jdbc:h2:file:./data/dataflow",
                "SPRING_DATASOURCE_USERNAME",
                "sa",
                "SPRING_DATASOURCE_PASSWORD",
                password,
                "SPRING_DATASOURCE_DRIVER_CLASS_NAME",
                "org.h2.Driver");
        try (DataFlow server = DataFlow.start(product.applications().resolve(name), environment)) {
            server.createTask("kept");
            List<String> tasks = server.tasks();
            assertThat(tasks).hasSize(1);
            assertRecognised(product.register(name, server.directory()), DatabaseSpec.H2.class);
            UUID upgrade = beginUpgrade(name);

            // Before the old version opens it, which takes it seconds: an H2 file changes when it is opened.
            String restored = sha256OfRestored(server.directory().resolve("data/dataflow.mv.db"));
            UpgradeStatus ended = product.awaitEnd(upgrade, END_MAX);

            assertThat(ended.state()).as("%s", ended).isEqualTo(State.ROLLED_BACK);
            Failure failure = requireNonNull(ended.failure());
            assertThat(failure.step()).isEqualTo(StepName.START);
            assertThat(failure.code()).isEqualTo(ErrorCode.EXITED);
            assertThat(failure.detail()).contains("Migration checksum mismatch").doesNotContain(password);
            assertThat(server.version()).isEqualTo(DataFlow.OLD_VERSION);
            assertThat(server.healthy()).isTrue();
            assertThat(server.tasks()).isEqualTo(tasks);
            assertThat(server.commandLines()).singleElement().asString().doesNotContain(password);

            Backup backup = requireNonNull(ended.backup());
            Path stored = product.home()
                    .resolve("backups")
                    .resolve(ended.installationId().toString())
                    .resolve(backup.id().toString())
                    .resolve("data/database.mv.db");
            assertThat(StandInReleases.sha256(stored)).isEqualTo(backup.contentHash());
            assertThat(restored).as("the restored file").isEqualTo(backup.contentHash());
            assertThat(StandInReleases.sha256(
                            failedFile(server.directory().resolve("data")).orElseThrow()))
                    .as("the file that the failed start left")
                    .isNotEqualTo(backup.contentHash());
        }
    }

    private UUID beginUpgrade(String name) throws IOException {
        return product.beginUpgrade(new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(name),
                DataFlow.NEW_VERSION,
                null,
                product.download(download),
                StandInReleases.sha256(download),
                LIMITS));
    }

    private static void assertRecognised(InstallationStatus registered, Class<? extends DatabaseSpec> database) {
        InstallationSpec spec = requireNonNull(registered.spec());
        assertThat(spec.profile()).isEqualTo("spring-cloud-data-flow");
        assertThat(spec.database()).isInstanceOf(database);
        assertThat(requireNonNull(registered.running()).version()).isEqualTo(DataFlow.OLD_VERSION);
    }

    /** Waits until a restore has put a file in the live one's place. */
    private static String sha256OfRestored(Path live) throws IOException {
        Awaitility.await("a restore of " + live)
                .atMost(END_MAX)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    Optional<Path> failed = failedFile(requireNonNull(live.getParent()));
                    return failed.isPresent() && !Files.isSameFile(failed.get(), live);
                });
        return StandInReleases.sha256(live);
    }

    private static Optional<Path> failedFile(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.uplift-failed-*")) {
            for (Path file : files) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    private int migrations(String database) throws SQLException {
        try (Connection connection = product.database(database);
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT count(*) FROM flyway_schema_history_dataflow WHERE success")) {
            rows.next();
            return rows.getInt(1);
        }
    }
}
