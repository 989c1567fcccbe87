/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Host;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.standin.StandInApi;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real containers of the stand-in, their image from a real registry. */
@Tag("docker")
@RequiresDocker
class ContainerInspectionTest {
    private static final String VERSION = "v0.50.3";
    private static final String CANARY = "canary of a key";
    private static final Host HOST = new LocalHost();

    private static DockerContainers containers;
    private static Registry registry;
    private static Registry.Pushed image;
    private static NodeProbe probe;

    @TempDir
    Path home;

    private HostConnections connections;
    private final UUID installation = UUID.randomUUID();

    @BeforeAll
    static void push() {
        containers = DockerContainers.open();
        registry = Registry.start(containers);
        image = registry.standIn(VERSION);
        probe = new NodeProbe(Duration.ofSeconds(3));
    }

    @AfterAll
    static void close() {
        probe.close();
        containers.close();
    }

    @BeforeEach
    void open() {
        connections = new HostConnections(home, DockerEndpoint.LOCAL);
    }

    @AfterEach
    void disconnect() {
        connections.close();
    }

    @Test
    void containerIsFoundWithItsRepositoryItsPublishedPortAndItsVolume() throws Exception {
        String name = containers.name("found");
        String volume = containers.volume("found");
        int port = run(name, "--volume", volume + ":/metabase.db", "--env", "MB_ENCRYPTION_SECRET_KEY=" + CANARY);

        Inspection.Found found = found(name, false);

        assertThat(found.toString()).doesNotContain(CANARY);
        assertThat(found.running().version()).isEqualTo(VERSION);
        String hex = image.digest().substring("sha256:".length());
        assertThat(found.running().images()).isEqualTo(Map.of(image.repository(), hex));
        assertThat(found.installation().nodes())
                .containsExactly(new NodeSpec.Docker(
                        "node-1", NodeSpec.LOCAL, name, image.repository(), URI.create("http://127.0.0.1:" + port)));
        assertThat(found.installation().database()).isInstanceOfSatisfying(DatabaseSpec.H2.class, database -> {
            assertThat(database.host()).isEqualTo(NodeSpec.LOCAL);
            assertThat(database.path()).contains(volume).endsWith("metabase.db.mv.db");
        });
        assertThat(LaunchFile.read(HOST, directory(name)).orElseThrow().environment())
                .containsEntry("MB_ENCRYPTION_SECRET_KEY", CANARY);
        assertThat(found.checks())
                .filteredOn(check -> check.name().equals("own-files"))
                .noneMatch(check -> check.detail().contains("/metabase.db"));
        assertThat(inspect(name, false)).isEqualTo(found);
    }

    @Test
    void anH2DatabaseThatWouldBeLostIsRefusedAndMovedToAVolumeIfThatIsAllowed() throws Exception {
        String name = containers.name("unsafe");
        run(name);
        refuses(inspect(name, false), "--extract-h2");
        assertThat(home).isEmptyDirectory();

        Inspection.Found found = found(name, true);

        assertThat(found.installation().database())
                .isInstanceOfSatisfying(
                        DatabaseSpec.H2.class,
                        database -> assertThat(Path.of(database.path())).isRegularFile());
    }

    @Test
    void aFileSystemInMemoryIsNoFileThatWouldBeLost() throws Exception {
        String name = containers.name("tmpfs");
        String volume = containers.volume("tmpfs");
        run(name, "--volume", volume + ":/metabase.db", "--tmpfs", "/scratch/");

        Inspection.Found found = found(name, false);

        assertThat(found.checks())
                .filteredOn(check -> check.name().equals("own-files"))
                .noneMatch(check -> check.detail().contains("/scratch"));
    }

    @Test
    void aContainerMadeByTheIdOfItsImageIsOfTheRepositoryThatTheImageWasPulledFrom() throws Exception {
        Registry.Pushed own = registry.push(unique(), "metabase/own", VERSION);
        containers.docker().run("pull", "--quiet", own.pinned());
        String id = containers
                .docker()
                .run("image", "inspect", "--format", "{{.Id}}", own.pinned())
                .strip();
        for (String named : List.of(id, id.substring("sha256:".length(), 20))) {
            String name = containers.name("by-id-" + named.length());
            runImage(named, name, "--volume", containers.volume("by-id-" + named.length()) + ":/metabase.db");

            Inspection.Found found = found(name, false);

            assertThat(found.installation().nodes())
                    .first()
                    .isInstanceOfSatisfying(
                            NodeSpec.Docker.class,
                            node -> assertThat(node.image()).isEqualTo(own.repository()));
        }
        String local = containers.name("local-tag").toLowerCase(Locale.ROOT) + ":mine";
        containers.docker().run("tag", own.pinned(), local);
        String retagged = containers.name("retagged");
        runImage(local, retagged, "--volume", containers.volume("retagged") + ":/metabase.db");
        refuses(inspect(retagged, false), "was pulled from " + own.repository());
        containers.docker().run("rmi", "--no-prune", local);
    }

    @Test
    void theNetworkOfAnotherContainerIsPublishedThere() throws Exception {
        String hidden = containers.name("hidden-network");
        containers.run("--name", hidden, DockerContainers.JRE_IMAGE, "sleep", "600");
        String unpublished = containers.name("unpublished");
        containers.run(
                "--name",
                unpublished,
                "--network",
                "container:" + hidden,
                "--volume",
                containers.volume("unpublished") + ":/metabase.db",
                image.reference());
        await().atMost(Duration.ofSeconds(90))
                .until(() -> inspect(unpublished, false) instanceof Inspection.Refused refused
                        && refused.detail().contains("container " + hidden + ", whose network container"));

        String holder = containers.name("network");
        containers.run(
                "--name", holder, "--publish-all", "--expose", "3000", DockerContainers.JRE_IMAGE, "sleep", "600");
        String name = containers.name("sharing");
        containers.run(
                "--name",
                name,
                "--network",
                "container:" + holder,
                "--volume",
                containers.volume("sharing") + ":/metabase.db",
                image.reference());
        await().atMost(Duration.ofSeconds(90))
                .until(() -> inspect(name, false) instanceof Inspection.Found found
                        && found.checks().stream()
                                .anyMatch(
                                        check -> check.name().equals("health") && check.verdict() == Check.Verdict.OK));
    }

    @Test
    void whatCannotBeRegisteredIsRefusedWithWhatToDo() throws Exception {
        refuses(inspect("no-such-container", false), "there is no container");
        String idle = containers.name("idle");
        containers.run("--name", idle, DockerContainers.JRE_IMAGE, "sleep", "600");
        refuses(inspect(idle, false), "runs no JAR");
        String hidden = containers.name("hidden");
        DockerContainer container = containers.run("--name", hidden, image.reference());
        await().atMost(Duration.ofSeconds(90))
                .until(() -> inspect(hidden, false) instanceof Inspection.Refused refused
                        && refused.detail().contains("is not published"));

        long pid = container.inspect().at("/State/Pid").asLong();
        refuses(inspect(null, pid, false), "--container NAME");
        assertThat(home).isEmptyDirectory();
    }

    /** The stand-in as an image of its own, which no other test has pushed to another registry. */
    private static String unique() throws Exception {
        String name = containers.name("unique").toLowerCase(Locale.ROOT);
        containers.create("--name", name, image.reference());
        containers.docker().run("commit", "--change", "LABEL unique=" + name, name, name);
        return name;
    }

    /** Starts it and waits until it serves. */
    private static int run(String name, String... options) throws Exception {
        return runImage(image.reference(), name, options);
    }

    private static int runImage(String named, String name, String... options) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<String> arguments = new ArrayList<>(List.of("--name", name, "--publish", "127.0.0.1:" + port + ":3000"));
        arguments.addAll(List.of(options));
        arguments.add(named);
        containers.run(arguments.toArray(String[]::new));
        StandInApi api = new StandInApi(URI.create("http://127.0.0.1:" + port));
        await().atMost(Duration.ofSeconds(90)).until(api::healthy);
        return port;
    }

    private Path directory(String name) throws Exception {
        return home.toRealPath().resolve("containers/local").resolve(name);
    }

    private static void refuses(Inspection answer, String detail) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        Inspection.Refused.class,
                        refused -> assertThat(refused.detail()).contains(detail).doesNotContain("\n"));
    }

    private Inspection.Found found(String container, boolean extract) throws Exception {
        return switch (inspect(container, extract)) {
            case Inspection.Found found -> found;
            case Inspection.Refused refused -> throw new AssertionError(refused.detail());
            case Inspection other -> throw new AssertionError(other);
        };
    }

    private Inspection inspect(String container, boolean extract) throws Exception {
        return inspect(container, null, extract);
    }

    private Inspection inspect(@Nullable String container, @Nullable Long pid, boolean extract) throws Exception {
        return Registrations.accepting(
                new Inspector(TestSite.of(connections), Profiles.load(Optional.empty()), probe, CrashPoints.none()),
                new Inspection.Requested(
                        installation,
                        "inspected",
                        null,
                        "default",
                        pid,
                        null,
                        null,
                        null,
                        container,
                        extract ? true : null));
    }
}
