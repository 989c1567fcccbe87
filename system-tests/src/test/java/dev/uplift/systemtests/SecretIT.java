/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.systemtests.Dashboard.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What is secret in an application's environment stays on its host, in one file. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);
    private static final String NAME = "secretive";

    private final Product product = Product.shared();
    private final Wire wire = new Wire(product);
    private final Traces traces = new Traces(product, wire);
    private final String password = canary();
    private final String key = canary();
    private final String control = canary();
    private Dashboard dashboard;

    @BeforeAll
    void start() {
        dashboard = Dashboard.start(product, NAME, Store.POSTGRESQL, "v0.50.3", launch -> {
            execute("postgres", "ALTER ROLE \"" + NAME + "\" PASSWORD '" + password + "'");
            // The JVM prints this variable with each start: the application's log is full of secrets.
            return launch.env("MB_DB_PASS", password)
                    .env("MB_ENCRYPTION_SECRET_KEY", key)
                    .env("JAVA_TOOL_OPTIONS", "-Dnote=" + password + "/" + key)
                    .faults("exits-at-start@51");
        });
    }

    @AfterAll
    void close() {
        dashboard.close();
        wire.close();
    }

    @Test
    void aSecretOfTheApplicationIsFoundNowhereElse() throws Exception {
        UpgradeStatus completed;
        UpgradeStatus rolledBack;
        try (CommandLines seen = CommandLines.watch();
                AutoCloseable sleeper = sleeperNamed(control)) {
            completed = dashboard.upgrade("v0.50.5", END_MAX);
            rolledBack = dashboard.upgrade("v0.51.1", END_MAX);
            assertThat(Cli.of(product).run("status", NAME).out()).contains(NAME).doesNotContain(password, key);
            assertThat(sleeper).isNotNull();
            assertThat(seen.mentioning("metabase.jar")).isNotEmpty();
            assertThat(seen.mentioning(control)).as("the positive control").isNotEmpty();
            assertThat(seen.mentioning(password)).isEmpty();
            assertThat(seen.mentioning(key)).isEmpty();
        }
        assertThat(completed.state()).as("%s", completed).isEqualTo(State.COMPLETED);
        assertThat(rolledBack.state()).as("%s", rolledBack).isEqualTo(State.ROLLED_BACK);
        assertThat(Objects.requireNonNull(rolledBack.failure()).detail())
                .as("the line of the log that holds the secrets was told, without them")
                .contains("-Dnote=");
        wire.awaitTaken();
        plantControls();

        Map<String, List<String>> found = traces.find(
                List.of(password, key, base64(password), base64(key), control),
                List.of(completed.id(), rolledBack.id()));

        assertThat(found.get(control))
                .as("the positive controls")
                .contains(
                        "key in " + deadLetters(),
                        "header in " + deadLetters(),
                        "value in " + deadLetters(),
                        "file " + controlFile(),
                        "database orchestrator, public.incident",
                        "GET /api/v1/incidents?limit=500");
        assertThat(found).containsOnlyKeys(control);
        Files.delete(controlFile());
    }

    @Test
    void theFileThatKeepsSecretsIsItsOwnersOnly() throws IOException {
        Path state = dashboard.server().directory().resolve(".uplift");
        Path launch = state.resolve("launch.json");

        assertThat(Files.readString(launch)).contains(password, key);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(launch)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.walk(dashboard.server().directory())) {
            assertThat(files.filter(Files::isRegularFile)
                            .filter(file -> traces.holds(file, password) || traces.holds(file, key)))
                    .containsExactlyInAnyOrder(
                            launch, dashboard.server().directory().resolve("metabase.log"));
        }
    }

    /** Proves that the search finds what there is to be found, at each kind of place. */
    private void plantControls() throws IOException {
        wire.send(deadLetters(), control, bytes(control), Map.of("control", control));
        Files.writeString(controlFile(), "planted by a test: " + control + "\n");
        execute(
                "orchestrator",
                "INSERT INTO incident (id, at, source, problem) VALUES (gen_random_uuid(), now(), 'a test', '" + control
                        + "')");
    }

    private Path controlFile() {
        return product.home().resolve("logs/planted.log");
    }

    private static String deadLetters() {
        return Topics.deadLetters(Topics.TRIGGERS);
    }

    private static AutoCloseable sleeperNamed(String word) throws IOException {
        Process process = new ProcessBuilder("sh", "-c", "sleep 300 # " + word).start();
        return () -> {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        };
    }

    private void execute(String database, String sql) {
        try (Connection connection = product.database(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String canary() {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        return "canary" + HexFormat.of().formatHex(random);
    }

    private static String base64(String text) {
        return Base64.getEncoder().withoutPadding().encodeToString(bytes(text));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
