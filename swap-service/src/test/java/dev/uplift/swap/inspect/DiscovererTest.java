/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import dev.uplift.swap.step.IdleJar;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes of this machine, which may run others at the same time. */
class DiscovererTest {
    private static final Map<String, String> POSTGRES = Map.of(
            "MB_DB_TYPE", "postgres",
            "MB_DB_HOST", "db.example",
            "MB_DB_DBNAME", "mb",
            "MB_DB_USER", "u",
            "MB_DB_PASS", "canary-p@ss");

    @TempDir
    Path temporary;

    private Path root;
    private HostConnections connections;
    private final List<Process> started = new ArrayList<>();
    private final NodeProbe probe = new NodeProbe(Duration.ofSeconds(1));

    @BeforeEach
    void open() throws Exception {
        root = temporary.toRealPath();
        connections = new HostConnections(root, new DockerEndpoint.Unix(root.resolve("no-engine.sock")));
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
        probe.close();
        connections.close();
    }

    @Test
    void applicationsAreFoundWithoutSecretsAndNothingElseIs() throws Exception {
        Process first = run("first", "v0.50.3", POSTGRES);
        run("second", "v0.50.3", POSTGRES);
        run("other", "", Map.of());
        Manifest own = new Manifest();
        own.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_TITLE, "uplift-swap");
        IdleJar.write(Files.createDirectory(root.resolve("own")).resolve("metabase.jar"), "v0.50.3", own);
        start("own", "metabase.jar", POSTGRES);

        Discovery.Found found = discover();

        assertThat(found.toString()).doesNotContain("canary").doesNotContain("launch.json");
        assertThat(ours(found))
                .extracting(usable -> ((NodeSpec.JarProcess) usable.node()).directory())
                .containsExactlyInAnyOrder(
                        root.resolve("first").toString(), root.resolve("second").toString());
        assertThat(ours(found)).allSatisfy(usable -> {
            assertThat(usable.profile()).isEqualTo("metabase");
            assertThat(usable.running().version()).isEqualTo("v0.50.3");
            assertThat(usable.database()).isEqualTo("postgresql:db.example:5432/mb");
            assertThat(usable.databaseIdentity()).isEqualTo("postgresql:db.example:5432/mb");
            assertThat(usable.pid()).isNull();
        });
        assertThat(notOurs(found)).isEmpty();
        assertThat(found.notes()).anyMatch(note -> note.startsWith("containers were not looked at"));
        assertThat(found.notes())
                .anyMatch(note -> note.startsWith("no profile recognises the JAR of ")
                        && (note.contains(root.resolve("other/metabase.jar").toString()) || note.contains(" more")));
        assertThat(first.isAlive()).isTrue();
        try (var files = Files.walk(root)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain(".uplift", "containers");
        }
    }

    @Test
    void processThatItsDirectoryDoesNotTellIsNamedByItsPid() throws Exception {
        Process first = run("both", "v0.50.3", POSTGRES);
        IdleJar.write(root.resolve("both/metabase-2.jar"), "v0.50.4");
        Process second = start("both", "metabase-2.jar", POSTGRES);

        assertThat(ours(discover()))
                .extracting(Discovery.Usable::pid)
                .containsExactlyInAnyOrder(first.pid(), second.pid());
    }

    @Test
    void nodesOfOneDatabaseAreToldByItsServerWhateverTheyCallIt() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
            run("one", "v0.50.3", on(server, "127.0.0.1", "postgres"));
            run("two", "v0.50.3", on(server, "0.0.0.0", "postgres"));
            run("three", "v0.50.3", on(server, "0.0.0.0", "template1"));
            run("four", "v0.50.3", on(server, "db.example", "postgres"));

            List<Discovery.Usable> found = ours(discover());

            assertThat(found).hasSize(4);
            assertThat(found)
                    .filteredOn(usable ->
                            usable.databaseIdentity().equals(found.getFirst().databaseIdentity()))
                    .extracting(usable -> ((NodeSpec.JarProcess) usable.node()).directory())
                    .containsExactlyInAnyOrder(
                            root.resolve("one").toString(), root.resolve("two").toString());
        }
    }

    @Test
    void databaseThatHasTheNameOfAnotherIsNotProposed() throws Exception {
        try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
            try (Connection connection = server.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE ROLE other LOGIN");
            }
            Map<String, String> other = new HashMap<>(on(server, "127.0.0.1", "postgres"));
            other.put("MB_DB_USER", "other");
            run("one", "v0.50.3", on(server, "127.0.0.1", "postgres"));
            run("two", "v0.50.3", other);

            Discovery.Found found = discover();

            assertThat(ours(found)).hasSize(1);
            assertThat(notOurs(found))
                    .singleElement()
                    .satisfies(unusable -> assertThat(unusable.reason())
                            .startsWith("its database has the address of that of " + root)
                            .contains("another user"));
        }
    }

    private static Map<String, String> on(EmbeddedPostgres server, String address, String database) {
        return Map.of(
                "MB_DB_TYPE",
                "postgres",
                "MB_DB_HOST",
                address,
                "MB_DB_PORT",
                Integer.toString(server.getPort()),
                "MB_DB_DBNAME",
                database,
                "MB_DB_USER",
                "postgres",
                "MB_DB_PASS",
                "postgres");
    }

    @Test
    void whatCannotBeRegisteredIsListedWithTheReason() throws Exception {
        Process mysql = run("mysql", "v0.50.3", Map.of("MB_DB_TYPE", "mysql"));
        Files.createDirectory(root.resolve("elsewhere"));
        Path jar = IdleJar.write(root.resolve("elsewhere/metabase.jar"), "v0.50.3");
        Files.createDirectory(root.resolve("work"));
        Process outside = start("work", jar.toString(), POSTGRES);

        Discovery.Found found = discover();

        assertThat(ours(found)).isEmpty();
        assertThat(notOurs(found)).hasSize(2).allSatisfy(unusable -> {
            assertThat(unusable.kind()).isEqualTo(NodeKind.PROCESS);
            assertThat(unusable.profile()).isEqualTo("metabase");
        });
        assertThat(reason(found, mysql)).contains("not supported yet (mysql)");
        assertThat(reason(found, outside)).contains("only a JAR in the working directory");
    }

    @Test
    void deadlineEndsTheSearchAndIsSaid() throws Exception {
        run("late", "v0.50.3", POSTGRES);

        Discovery.Found found = (Discovery.Found) discover(Duration.ofMillis(1), null);

        assertThat(found.notes())
                .anyMatch(note -> note.matches(".*were not looked at within 0 s: process \\d+ \\(/.*"));
    }

    @Test
    void hostThatDoesNotAnswerIsRefused() throws Exception {
        HostSpec nobody = new HostSpec.Ssh(
                "web1", "127.0.0.1", 1, "root", "SHA256:" + "A".repeat(43), "file:" + root.resolve("no-key"));
        assertThat(discover(Duration.ofSeconds(30), nobody)).isInstanceOf(Discovery.Refused.class);
        HostSpec engine = new HostSpec.DockerTls(
                "engine", URI.create("https://127.0.0.1:1"), "file:/no-ca", "file:/no-cert", "file:/no-key");
        assertThat(discover(Duration.ofSeconds(30), engine)).isInstanceOf(Discovery.Refused.class);
    }

    private List<Discovery.Usable> ours(Discovery.Found found) {
        return found.usable().stream()
                .filter(usable -> usable.node() instanceof NodeSpec.JarProcess process
                        && process.directory().startsWith(root.toString()))
                .toList();
    }

    private List<Discovery.Unusable> notOurs(Discovery.Found found) {
        return found.unusable().stream()
                .filter(unusable -> unusable.place() != null && unusable.place().startsWith(root.toString()))
                .toList();
    }

    private static String reason(Discovery.Found found, Process process) {
        return found.unusable().stream()
                .filter(unusable -> Long.valueOf(process.pid()).equals(unusable.pid()))
                .findFirst()
                .orElseThrow()
                .reason();
    }

    private Discovery.Found discover() throws Exception {
        return (Discovery.Found) discover(Duration.ofSeconds(60), null);
    }

    private Discovery discover(Duration most, @Nullable HostSpec host) throws Exception {
        Site site = TestSite.of(connections);
        Profiles profiles = Profiles.load(Optional.empty());
        Inspector inspector = new Inspector(site, profiles, probe, CrashPoints.none());
        return new Discoverer(site, profiles, inspector, most)
                .discover(new Discovery.Requested(UUID.randomUUID(), "default", host));
    }

    private Process run(String directory, String version, Map<String, String> environment) throws Exception {
        Files.createDirectory(root.resolve(directory));
        IdleJar.write(root.resolve(directory).resolve("metabase.jar"), version);
        return start(directory, "metabase.jar", environment);
    }

    private Process start(String directory, String jar, Map<String, String> environment) throws Exception {
        Map<String, String> whole = new HashMap<>(environment);
        whole.put("MB_JETTY_PORT", "1");
        Process process = IdleJar.run(root.resolve(directory), whole, IdleJar.java(jar));
        started.add(process);
        LocalHost host = new LocalHost();
        await().atMost(Duration.ofSeconds(10))
                .until(() -> host.processes()
                        .find(process.pid())
                        .filter(found -> found.jar().isPresent())
                        .isPresent());
        return process;
    }
}
