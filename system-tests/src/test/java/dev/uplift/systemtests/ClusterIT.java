package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.testbed.StandInApi;
import dev.uplift.testbed.StandInLedger;
import dev.uplift.testbed.StandInReleases.StandInRelease;
import dev.uplift.testbed.StandInServer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes of three kinds on one PostgreSQL: a process of this machine, a unit of a host that is reached by SSH, and a
 * container. One upgrade, one migration, one way back.
 */
@RequiresDocker
class ClusterIT {
    private static final String HOST = "cluster-host";
    private static final String OLD = "v0.50.3";
    private static final String NEW = "v0.51.1";
    private static final Duration HEALTHY_MAX = Duration.ofSeconds(90);
    private static final AtomicInteger PORTS = new AtomicInteger(3000);

    @TempDir
    Path ledgers;

    private static Product product;
    private static SystemdHosts machines;
    private static SystemdHost machine;
    private static PostgresContainer postgres;
    private static Registry.Pushed oldImage;
    private static Registry.Pushed newImage;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        machines = SystemdHosts.open();
        machine = machines.start("web2");
        postgres = PostgresContainer.start(machines.containers());
        Registry registry = Registry.start(machines.containers());
        oldImage = registry.standIn(OLD);
        newImage = registry.standIn(NEW);
        Cli.Outcome added = Cli.of(product)
                .run(
                        "hosts",
                        "add",
                        HOST,
                        "--address",
                        machine.address(),
                        "--host-key",
                        machine.fingerprint(),
                        "--key-file",
                        machines.privateKey().toString());
        assertThat(added.exit()).as("%s", added).isZero();
    }

    @AfterAll
    static void shutDown() {
        Cli.of(product).run("hosts", "remove", HOST);
        machines.close();
    }

    @Test
    void aClusterOfThreeKindsOfNodesIsUpgradedAsOne() throws Exception {
        try (Cluster cluster = cluster("cluster-good", "")) {
            assertThat(cluster.installed().running()).isEqualTo(release(OLD, oldImage));

            cluster.installed().upgrade(request("cluster-good"), State.COMPLETED);

            assertThat(cluster.versions()).containsExactly(NEW, NEW, NEW);
            assertThat(cluster.installed().running()).isEqualTo(release(NEW, newImage));
            List<Instant> starts = cluster.when("start", NEW);
            assertThat(starts).hasSize(3);
            assertThat(cluster.when("serving", NEW).getFirst())
                    .as("the first has migrated and serves before the second is started")
                    .isBefore(starts.get(1));
        }
    }

    @Test
    void aClusterWhoseSecondNodeDoesNotStartComesBackAsOne() throws Exception {
        try (Cluster cluster = cluster("cluster-broken", "exits-at-start@51")) {
            UpgradeStatus ended = cluster.installed().upgrade(request("cluster-broken"), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.SCALE);
            assertThat(cluster.ledger().fired("exits-at-start")).isTrue();
            assertThat(cluster.versions()).containsExactly(OLD, OLD, OLD);
            assertThat(cluster.installed().running()).isEqualTo(release(OLD, oldImage));
            assertThat(machine.property("cluster-broken.service", "DropInPaths"))
                    .isEmpty();
            assertThat(machines.containers()
                            .named(machines.containers().name("cluster-broken"))
                            .inspect()
                            .at("/HostConfig/RestartPolicy/Name")
                            .asText())
                    .isEqualTo("always");
        }
    }

    /** The first node is the process; the rows are written to the container, which is the last one to start. */
    private record Cluster(Installed installed, StandInServer process, List<StandInApi> nodes)
            implements AutoCloseable {
        List<String> versions() {
            return nodes.stream().map(node -> node.version().orElse("nothing")).toList();
        }

        /** When any node came to that, in order. */
        List<Instant> when(String event, String version) {
            return ledger().of(event).stream()
                    .filter(entry -> entry.version().equals(version))
                    .map(StandInLedger.Entry::at)
                    .toList();
        }

        StandInLedger ledger() {
            return installed.ledger().get();
        }

        @Override
        public void close() {
            installed.close();
            process.close();
            StandInServer.runningIn(process.directory()).forEach(ProcessHandle::destroyForcibly);
        }
    }

    private Cluster cluster(String name, String faultsOfUnit) throws IOException {
        String secret = "secret-of-" + name;
        postgres.createDatabase(name, name, secret);
        StandInServer process = StandInServer.in(product.applications().resolve(name))
                .release(Dashboard.release(product, OLD))
                .java(Path.of(System.getProperty("java.home"), "bin", "java"))
                .javaOption("-Xmx160m")
                .javaOption("-XX:+UseSerialGC")
                .javaOption("-XX:TieredStopAtLevel=1")
                .env("STANDIN_LOCK_WAIT", "200ms")
                .postgres(postgres.address(), PostgresContainer.PORT, name, name, secret)
                .start()
                .awaitHealthy(HEALTHY_MAX);
        Path onHost = Path.of("/opt", name);
        int port = PORTS.getAndIncrement();
        StandInOnHost.in(machine, onHost, Dashboard.release(product, OLD))
                .port(port)
                .postgres(postgres.address(), PostgresContainer.PORT, name, name, secret)
                .faults(faultsOfUnit)
                .installUnit(name);
        StandInApi unit = new StandInApi(machine.http(port));
        Awaitility.await("the unit of " + name).atMost(HEALTHY_MAX).until(unit::healthy);
        Path ledger = Files.createDirectories(ledgers.resolve(name));
        StandInApi container = container(name, secret, ledger);

        Installed installed = Installed.add(
                product,
                name,
                container,
                () -> StandInLedger.together(List.of(
                        StandInLedger.read(process.ledger()),
                        machine.ledger(onHost),
                        StandInLedger.read(ledger.resolve("ledger.jsonl")))),
                postgres,
                process.directory().toString());
        installed.join("--host", HOST, "--unit", name + ".service");
        installed.join("--container", machines.containers().name(name));
        assertThat(installed.nodes())
                .extracting(NodeSpec::kind)
                .containsExactly(NodeKind.PROCESS, NodeKind.SYSTEMD, NodeKind.DOCKER);
        return new Cluster(installed, process, List.of(process.api(), unit, container));
    }

    private static StandInApi container(String name, String secret, Path ledger) throws IOException {
        Files.setPosixFilePermissions(ledger, PosixFilePermissions.fromString("rwxrwxrwx"));
        DockerContainers containers = machines.containers();
        int port = freePort();
        containers.run(
                "--name",
                containers.name(name),
                "--network",
                containers.network().name(),
                "--restart",
                "always",
                "--publish",
                "127.0.0.1:" + port + ":3000",
                "--volume",
                ledger + ":/ledger",
                "--env",
                "STANDIN_LEDGER=/ledger/ledger.jsonl",
                "--env",
                "STANDIN_LOCK_WAIT=200ms",
                "--env",
                "JAVA_OPTS=-Xmx160m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
                "--env",
                "MB_DB_TYPE=postgres",
                "--env",
                "MB_DB_HOST=" + containers.name("postgres"),
                "--env",
                "MB_DB_PORT=" + PostgresContainer.PORT,
                "--env",
                "MB_DB_DBNAME=" + name,
                "--env",
                "MB_DB_USER=" + name,
                "--env",
                "MB_DB_PASS=" + secret,
                oldImage.reference());
        return new StandInApi(URI.create("http://127.0.0.1:" + port));
    }

    /** Everything is pinned, as an operator does who pins anything. */
    private static UpgradeRequested request(String name) {
        StandInRelease target = Dashboard.release(product, NEW);
        return new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(name),
                NEW,
                null,
                product.download(target.jar()),
                target.sha256(),
                Map.of(newImage.repository(), hex(newImage)),
                Dashboard.LIMITS);
    }

    /** What the product says of a cluster that runs this version. */
    private static Release release(String tag, Registry.Pushed image) {
        StandInRelease jar = Dashboard.release(product, tag);
        boolean fetched = tag.equals(NEW);
        return new Release(
                tag,
                "oss",
                jar.sha256(),
                Map.of(image.repository(), hex(image)),
                fetched ? product.download(jar.jar()) : null);
    }

    private static String hex(Registry.Pushed image) {
        return image.digest().substring("sha256:".length());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
