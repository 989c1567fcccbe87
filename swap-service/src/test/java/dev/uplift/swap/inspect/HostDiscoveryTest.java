/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host with systemd as PID 1 by SSH, and real containers of this machine's engine. */
@RequiresDocker
class HostDiscoveryTest {
    private static final String VERSION = "v0.50.3";
    private static final Duration HEALTHY_MAX = Duration.ofMinutes(2);

    @TempDir
    Path home;

    private HostConnections connections;
    private final NodeProbe probe = new NodeProbe(Duration.ofSeconds(3));

    @BeforeEach
    void open() {
        connections = new HostConnections(home, DockerEndpoint.LOCAL);
    }

    @AfterEach
    void close() {
        probe.close();
        connections.close();
    }

    @Test
    void unitAndProcessOfAHostAreFoundOnceEachAndCanBeRegisteredAsTheyWereFound() throws Exception {
        try (SystemdHosts machines = SystemdHosts.open()) {
            SystemdHost machine = machines.start("discovered");
            HostSpec host = new HostSpec.Ssh(
                    "web1",
                    machine.address(),
                    SystemdHost.SSH_PORT,
                    "root",
                    machine.fingerprint(),
                    "file:" + machines.privateKey());
            StandInRelease release =
                    StandInReleases.stamp(Path.of("target", "standin").toAbsolutePath(), VERSION);
            StandInOnHost.in(machine, Path.of("/opt/metabase"), release)
                    .env("MB_ENCRYPTION_SECRET_KEY", "canary of a key")
                    .installUnit("metabase");
            StandInOnHost.in(machine, Path.of("/opt/plain"), release).port(3001).launch();
            awaitHealthy(machine.http(3000));
            awaitHealthy(machine.http(3001));

            Discovery.Found found = discover(host);

            assertThat(found.toString()).doesNotContain("canary");
            assertThat(found.unusable()).isEmpty();
            assertThat(found.usable())
                    .extracting(Discovery.Usable::node)
                    .satisfiesExactlyInAnyOrder(
                            node -> assertThat(node)
                                    .isInstanceOfSatisfying(
                                            NodeSpec.Systemd.class,
                                            unit -> assertThat(unit.unit()).isEqualTo("metabase.service")),
                            node -> assertThat(node)
                                    .isInstanceOfSatisfying(
                                            NodeSpec.JarProcess.class,
                                            process -> assertThat(process.directory())
                                                    .isEqualTo("/opt/plain")));
            assertThat(found.usable()).allSatisfy(usable -> {
                assertThat(usable.running().version()).isEqualTo(VERSION);
                assertThat(usable.node().host()).isEqualTo("web1");
                assertThat(usable.databaseIdentity()).startsWith("h2:web1:/opt/");
            });
            assertThat(machine.attempt("ls", "-d", "/opt/metabase/.uplift", "/opt/plain/.uplift", "/var/lib/uplift")
                            .output())
                    .isEmpty();
            for (Discovery.Usable usable : found.usable()) {
                registersAsFound(usable, host);
            }
        }
    }

    @Test
    void containersAreFoundAsContainersOnlyAndOnesThatWouldLoseTheirDatabaseAreListed() throws Exception {
        try (DockerContainers containers = DockerContainers.open()) {
            Registry.Pushed image = Registry.start(containers).standIn(VERSION);
            String name = containers.name("found");
            DockerContainer good =
                    run(containers, name, image, "--volume", containers.volume("found") + ":/metabase.db");
            String unsafe = containers.name("unsafe");
            run(containers, unsafe, image);
            String idle = containers.name("idle");
            containers.run("--name", idle, DockerContainers.JRE_IMAGE, "sleep", "600");

            Discovery.Found found = discover(null);

            List<Discovery.Usable> ours = found.usable().stream()
                    .filter(usable -> usable.node() instanceof NodeSpec.Docker docker
                            && List.of(name, unsafe, idle).contains(docker.container()))
                    .toList();
            assertThat(ours).singleElement().satisfies(usable -> {
                assertThat(usable.running().version()).isEqualTo(VERSION);
                assertThat(usable.running().sha256(usable.node()).map("sha256:"::concat))
                        .contains(image.digest());
                assertThat(usable.databaseIdentity()).startsWith("h2:default/local:");
            });
            assertThat(found.unusable())
                    .filteredOn(unusable -> unsafe.equals(unusable.place()) || idle.equals(unusable.place()))
                    .singleElement()
                    .satisfies(unusable -> {
                        assertThat(unusable.kind()).isEqualTo(NodeKind.DOCKER);
                        assertThat(unusable.profile()).isEqualTo("metabase");
                        assertThat(unusable.reason()).contains("in no volume").contains("--extract-h2");
                    });
            long pid = good.inspect().at("/State/Pid").asLong();
            assertThat(found.unusable()).noneMatch(unusable -> Long.valueOf(pid).equals(unusable.pid()));
            assertThat(Files.exists(home.resolve("containers"))).isFalse();
            registersAsFound(ours.getFirst(), null);
        }
    }

    private void registersAsFound(Discovery.Usable usable, @Nullable HostSpec host) throws Exception {
        UUID installation = UUID.randomUUID();
        Inspection.Requested asked = switch (usable.node()) {
            case NodeSpec.JarProcess process -> asked(installation, process.directory(), host, null, null);
            case NodeSpec.Systemd unit -> asked(installation, null, host, unit.unit(), null);
            case NodeSpec.Docker container -> asked(installation, null, host, null, container.container());
        };
        Inspection.Found registered = (Inspection.Found) Registrations.accepting(inspector(), asked);
        assertThat(registered.installation().nodes()).containsExactly(usable.node());
        assertThat(registered.installation().profile()).isEqualTo(usable.profile());
        assertThat(registered.installation().databaseIdentity()).isEqualTo(usable.databaseIdentity());
        assertThat(registered.running()).isEqualTo(usable.running());
    }

    private static Inspection.Requested asked(
            UUID installation,
            @Nullable String directory,
            @Nullable HostSpec host,
            @Nullable String unit,
            @Nullable String container) {
        return new Inspection.Requested(
                installation, "discovered", null, "default", null, directory, host, unit, container, null, null);
    }

    private static DockerContainer run(
            DockerContainers containers, String name, Registry.Pushed image, String... options) throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<String> arguments = new ArrayList<>(List.of("--name", name, "--publish", "127.0.0.1:" + port + ":3000"));
        arguments.addAll(List.of(options));
        arguments.add(image.reference());
        DockerContainer container = containers.run(arguments.toArray(String[]::new));
        awaitHealthy(URI.create("http://127.0.0.1:" + port));
        return container;
    }

    private static void awaitHealthy(URI url) {
        await(url + " to serve").atMost(HEALTHY_MAX).until(new StandInApi(url)::healthy);
    }

    private Discovery.Found discover(@Nullable HostSpec host) throws Exception {
        return (Discovery.Found) new Discoverer(TestSite.of(connections), Profiles.load(Optional.empty()), inspector())
                .discover(new Discovery.Requested(UUID.randomUUID(), "default", host));
    }

    private Inspector inspector() throws Exception {
        return new Inspector(TestSite.of(connections), Profiles.load(Optional.empty()), probe, CrashPoints.none());
    }
}
