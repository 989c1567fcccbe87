/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
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
    private static final String NEXT = "v0.52.1";
    private static final StepLimits FINISH_WITHOUT = new StepLimits(
            Dashboard.LIMITS.progressDeadline(),
            Dashboard.LIMITS.healthyDeadline(),
            Dashboard.LIMITS.minHealthyTime(),
            Dashboard.LIMITS.stopGrace(),
            NodeFailure.FINISH_WITHOUT,
            null);
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
    private static Registry.Pushed nextImage;

    @BeforeAll
    static void boot() {
        product = Product.shared();
        machines = SystemdHosts.open();
        machine = machines.start("web2");
        postgres = PostgresContainer.start(machines.containers());
        Registry registry = Registry.start(machines.containers());
        oldImage = registry.standIn(OLD);
        newImage = registry.standIn(NEW);
        nextImage = registry.standIn(NEXT);
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

    @Tag("night")
    @Test
    void aClusterOfThreeKindsOfNodesIsUpgradedAsOne() throws Exception {
        try (Cluster cluster = cluster("cluster-good", "", "")) {
            assertThat(cluster.installed().running()).isEqualTo(release(OLD, oldImage));

            cluster.installed().upgrade(request("cluster-good", NEW, newImage, Dashboard.LIMITS), State.COMPLETED);

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
        try (Cluster cluster = cluster("cluster-broken", "exits-at-start@51", "")) {
            UpgradeStatus ended = cluster.installed()
                    .upgrade(request("cluster-broken", NEW, newImage, Dashboard.LIMITS), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.SCALE);
            assertThat(cluster.ledger().fired("exits-at-start")).isTrue();
            assertThat(cluster.versions()).containsExactly(OLD, OLD, OLD);
            assertThat(cluster.installed().running()).isEqualTo(release(OLD, oldImage));
            assertThat(machine.property("cluster-broken.service", "DropInPaths"))
                    .isEmpty();
            assertThat(restartPolicy("cluster-broken")).isEqualTo("always");
        }
    }

    @Tag("night")
    @Test
    void aClusterFinishesWithoutNodesThatDoNotStartAndTheNextUpgradeBringsThemBack() throws Exception {
        String name = "cluster-limping";
        String unit = name + ".service";
        try (Cluster cluster = cluster(name, "exits-at-start@51", "exits-at-start@51")) {
            UpgradeStatus limping =
                    cluster.installed().upgrade(request(name, NEW, newImage, FINISH_WITHOUT), State.COMPLETED);

            assertThat(limping.leftOut()).extracting(LeftOut::node).containsExactly("node-2", "node-3");
            assertThat(limping.leftOut()).extracting(LeftOut::code).containsOnly(ErrorCode.EXITED);
            assertThat(cluster.versions()).containsExactly(NEW, "nothing", "nothing");
            assertThat(product.rest().installation(name).leftOut()).isEqualTo(limping.leftOut());
            assertThat(onStatusTopic(name).leftOut()).isEqualTo(limping.leftOut());
            assertThat(Cli.of(product).run("status", name).out()).contains("WITHOUT node-2", "WITHOUT node-3");
            assertThat(Cli.of(product).run("list").out()).contains("without node-2, node-3");
            machine.reboot();
            machine.attempt("systemctl", "start", unit);
            assertThat(machine.property(unit, "ActiveState")).isEqualTo("inactive");
            assertThat(machine.property(unit, "ExecMainStartTimestampMonotonic"))
                    .as("neither the boot nor a person has started it")
                    .isEqualTo("0");
            assertThat(restartPolicy(name)).isEqualTo("no");

            UpgradeStatus whole =
                    cluster.installed().upgrade(request(name, NEXT, nextImage, Dashboard.LIMITS), State.COMPLETED);

            assertThat(whole.leftOut()).isEmpty();
            assertThat(cluster.versions()).containsExactly(NEXT, NEXT, NEXT);
            assertThat(product.rest().installation(name).leftOut()).isEmpty();
            assertThat(machine.property(unit, "DropInPaths")).isEmpty();
            assertThat(restartPolicy(name)).isEqualTo("always");
        }
    }

    /** The latest state of an installation that dashboards have. */
    private static InstallationStatus onStatusTopic(String name) throws IOException {
        try (Wire wire = new Wire(product)) {
            InstallationStatus latest = null;
            for (ConsumerRecord<byte[], byte[]> record : wire.read(List.of(Topics.STATUS_INSTALLATIONS))) {
                InstallationStatus status = record.value() == null
                        ? null
                        : Json.mapper().readValue(record.value(), InstallationStatus.class);
                latest = status != null && status.name().equals(name) ? status : latest;
            }
            return requireNonNull(latest);
        }
    }

    private static String restartPolicy(String container) {
        return machines.containers()
                .named(machines.containers().name(container))
                .inspect()
                .at("/HostConfig/RestartPolicy/Name")
                .asText();
    }

    /**
     * The first node is the process. The rows are written to the container, which is the last one to start, unless it is
     * not to start.
     */
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

    private Cluster cluster(String name, String faultsOfUnit, String faultsOfContainer) throws IOException {
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
        StandInApi container = container(name, secret, ledger, faultsOfContainer);

        Installed installed = Installed.add(
                product,
                name,
                faultsOfContainer.isEmpty() ? container : process.api(),
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

    private static StandInApi container(String name, String secret, Path ledger, String faults) throws IOException {
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
                "STANDIN_FAULTS=" + faults,
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
    private static UpgradeRequested request(String name, String tag, Registry.Pushed image, StepLimits limits) {
        StandInRelease target = Dashboard.release(product, tag);
        return new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of(name),
                tag,
                null,
                product.download(target.jar()),
                target.sha256(),
                Map.of(image.repository(), hex(image)),
                limits);
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
