/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Json;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.api.DiscoveredNode;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What {@code uplift discover} proposes is registered by the very words that it prints, and is known from then on. */
@RequiresDocker
class DiscoverIT {
    private static final String VERSION = "v0.50.3";
    private static final String SECRET = "canary-of-a-password";
    private static final Duration HEALTHY_MAX = Duration.ofMinutes(2);
    private static final Duration LOOKED_MAX = Duration.ofMinutes(6);

    private static Product product;
    private static Cli cli;
    private static SystemdHosts machines;
    private static PostgresContainer postgres;
    private static Registry.Pushed image;

    private final List<String> hosts = new ArrayList<>();
    private final List<String> installations = new ArrayList<>();

    @BeforeAll
    static void boot() {
        product = Product.shared();
        cli = Cli.of(product);
        machines = SystemdHosts.open();
        postgres = PostgresContainer.start(machines.containers());
        image = Registry.start(machines.containers()).standIn(VERSION);
    }

    /** What a test that failed has left would be in the way of another try. */
    @AfterEach
    void forget() {
        installations.forEach(name -> cli.run("remove", name));
        hosts.forEach(name -> cli.run("hosts", "remove", name));
    }

    @AfterAll
    static void shutDown() {
        machines.close();
    }

    @Test
    void allKindsOnAHostThatIsReachedBySshAreRegisteredByTheCommandsThatAreProposed() throws Exception {
        SystemdHost machine = machines.startWithEngine("discovered");
        StandInRelease release = Dashboard.release(product, VERSION);
        postgres.createDatabase("shared", "shared", SECRET);
        StandInOnHost.in(machine, Path.of("/opt/found-unit"), release)
                .postgres(postgres.address(), PostgresContainer.PORT, "shared", "shared", SECRET)
                .installUnit("found-unit");
        // The others find the database made: two that make it at once are in each other's way.
        awaitHealthy(machine.http(3000));
        StandInOnHost.in(machine, Path.of("/opt/found-process"), release)
                .port(3001)
                .postgres(postgres.address(), PostgresContainer.PORT, "shared", "shared", SECRET)
                .launch();
        awaitHealthy(machine.http(3001));
        String container = container("found-container", machines.network().gateway(), "shared");
        String host = addHost("all-kinds", machine);

        List<DiscoveredNode> found = discover(host, container, "/opt/found-process", "found-unit.service");

        assertThat(found)
                .extracting(DiscoveredNode::kind)
                .containsExactlyInAnyOrder(NodeKind.SYSTEMD, NodeKind.PROCESS, NodeKind.DOCKER);
        assertThat(found)
                .as("all share a database, by whatever name: the first makes the installation")
                .extracting(node -> node.command().contains("--to"))
                .containsExactly(false, true, true);
        registerAndForget(found, () -> discover(host, container, "/opt/found-process", "found-unit.service"));
        succeeds("hosts", "remove", host);
    }

    @Tag("night")
    @Test
    void processesAndContainersOfTheWorkersOwnHostAreRegisteredByTheCommandsThatAreProposed() throws Exception {
        try (StandInServer process = StandInServer.in(product.applications().resolve("found-here"))
                .release(Dashboard.release(product, VERSION))
                .java(Path.of(System.getProperty("java.home"), "bin", "java"))
                .javaOption("-Xmx160m")
                .start()
                .awaitHealthy(HEALTHY_MAX)) {
            String directory = process.directory().toString();
            postgres.createDatabase("found-here", "found-here", SECRET);
            String container = container("found-here", "127.0.0.1", "found-here");
            String unsafe = run("unsafe", "127.0.0.1");

            List<DiscoveredNode> found = discover("local", directory, container);

            assertThat(found)
                    .as("the container's process is not a process besides")
                    .extracting(DiscoveredNode::kind)
                    .containsExactlyInAnyOrder(NodeKind.PROCESS, NodeKind.DOCKER);
            assertThat(discover("local", unsafe)).singleElement().satisfies(node -> {
                assertThat(node.command()).isEmpty();
                assertThat(node.reason()).contains("in no volume").contains("--extract-h2");
            });
            registerAndForget(found, () -> discover("local", directory, container));
        }
    }

    @Test
    void whatCannotBeLookedAtIsSaidWithWhatToDo() throws Exception {
        refuses("register the host first: no host has the name nobody", "discover", "--host", "nobody");
        SystemdHost machine = machines.start("empty");
        String host = addHost("empty", machine);
        Cli.Outcome nothing = succeeds("discover", "--host", host);
        assertThat(nothing.out()).isEmpty();
        assertThat(nothing.err()).contains("nothing that a profile recognises runs on host " + host);

        StandInRelease release = Dashboard.release(product, VERSION);
        machine.exec("mkdir", "-p", "/opt/renamed");
        machine.put(release.jar(), Path.of("/opt/renamed/mb.jar"));
        machine.exec("sh", "-c", "cd /opt/renamed && setsid java -jar mb.jar >log 2>&1 </dev/null &");
        Awaitility.await("the renamed JAR to be seen")
                .atMost(HEALTHY_MAX)
                .until(() -> succeeds("discover", "--host", host).err().contains("/opt/renamed/mb.jar"));

        machine.changeHostKey();
        machine.reboot();
        refuses("has another host key than was registered", "discover", "--host", host);
        machine.powerOff();
        refuses("host.unreachable", "discover", "--host", host);
        succeeds("hosts", "remove", host);
    }

    /** Runs every proposed command, asks again, and forgets what was registered. */
    private void registerAndForget(List<DiscoveredNode> found, Discover again) throws Exception {
        for (DiscoveredNode node : found) {
            List<String> words = node.command();
            installations.add(node.name());
            assertThat(words.getFirst()).isEqualTo("uplift");
            succeeds(words.subList(1, words.size()).toArray(String[]::new));
        }
        List<String> names = found.stream().map(DiscoveredNode::name).toList();
        assertThat(again.discover())
                .hasSize(found.size())
                .allMatch(DiscoveredNode::registered)
                .allMatch(node -> node.command().isEmpty())
                .extracting(DiscoveredNode::name)
                .containsExactlyInAnyOrderElementsOf(names);
        names.stream().distinct().forEach(name -> succeeds("remove", name));
    }

    @FunctionalInterface
    private interface Discover {
        List<DiscoveredNode> discover() throws Exception;
    }

    /**
     * What is found at these places; other tests may run something on the same host. On a busy machine a look may not come
     * to its end in time: it says so, and what to do.
     */
    private static List<DiscoveredNode> discover(String host, String... places) throws Exception {
        Cli.Outcome outcome = Awaitility.await("a look at all that runs on " + host)
                .atMost(LOOKED_MAX)
                .pollInSameThread()
                .until(
                        () -> succeeds("discover", "--json", "--host", host),
                        said -> !said.err().contains("ask again when the host is less busy"));
        assertThat(outcome.toString()).doesNotContain(SECRET);
        List<DiscoveredNode> found = new ArrayList<>();
        for (String line : outcome.out().lines().toList()) {
            found.add(Json.mapper().readValue(line, DiscoveredNode.class));
        }
        found.removeIf(node -> !Arrays.asList(places).contains(node.place()));
        assertThat(found).as("%s", outcome).extracting(DiscoveredNode::place).containsExactlyInAnyOrder(places);
        return found;
    }

    /** One on a database, which it knows by the server's name, published at that address. */
    private static String container(String name, String address, String database) {
        return run(
                name,
                address,
                "--env",
                "MB_DB_TYPE=postgres",
                "--env",
                "MB_DB_HOST=" + machines.containers().name("postgres"),
                "--env",
                "MB_DB_DBNAME=" + database,
                "--env",
                "MB_DB_USER=" + database,
                "--env",
                "MB_DB_PASS=" + SECRET);
    }

    private static String run(String name, String address, String... options) {
        DockerContainers containers = machines.containers();
        int port = StandInContainers.freePort();
        List<String> words = new ArrayList<>(List.of("--name", containers.name(name)));
        words.addAll(List.of("--network", containers.network().name()));
        words.addAll(List.of("--publish", address + ":" + port + ":3000"));
        words.addAll(List.of(options));
        words.add(image.reference());
        containers.run(words.toArray(String[]::new));
        awaitHealthy(URI.create("http://" + address + ":" + port));
        return containers.name(name);
    }

    /** Registers it under a name of its own with that ending. */
    private String addHost(String ending, SystemdHost machine) {
        String name = machines.containers().name(ending);
        hosts.add(name);
        succeeds(
                "hosts",
                "add",
                name,
                "--address",
                machine.address(),
                "--host-key",
                machine.fingerprint(),
                "--key-file",
                machines.privateKey().toString());
        return name;
    }

    private static Cli.Outcome succeeds(String... words) {
        Cli.Outcome outcome = cli.run(words);
        assertThat(outcome.exit()).as("uplift %s: %s", List.of(words), outcome).isZero();
        return outcome;
    }

    private static void refuses(String said, String... words) {
        Cli.Outcome outcome = cli.run(words);
        assertThat(outcome.exit()).as("uplift %s: %s", List.of(words), outcome).isEqualTo(1);
        assertThat(outcome.err()).contains(said);
        assertThat(outcome.plain()).isTrue();
    }

    private static void awaitHealthy(URI url) {
        Awaitility.await(url + " to serve").atMost(HEALTHY_MAX).until(new StandInApi(url)::healthy);
    }
}
