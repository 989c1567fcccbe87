package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.testbed.StandInApi;
import dev.uplift.testbed.StandInLedger;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Containers of a real engine, their images in a real registry, from {@code uplift add --container} to the rows. */
@RequiresDocker
class ContainerIT {
    @TempDir
    Path ledgers;

    private static Product product;
    private static DockerContainers containers;
    private static Registry.Pushed old;
    private static Registry.Pushed next;
    private static PostgresContainer postgres;

    @BeforeAll
    static void open() {
        product = Product.shared();
        containers = DockerContainers.open();
        Registry registry = Registry.start(containers);
        old = registry.standIn("v0.50.3");
        next = registry.standIn("v0.51.1");
        postgres = PostgresContainer.start(containers);
    }

    @AfterAll
    static void close() {
        containers.close();
    }

    @Test
    void anUpgradeByTagRunsTheImageOfItsDigestAndKeepsEveryAcknowledgedRow() throws Exception {
        try (Installed installed = install("container-good", "")) {
            assertThat(installed.node())
                    .isInstanceOfSatisfying(
                            NodeSpec.Docker.class,
                            node -> assertThat(node.image()).isEqualTo(old.repository()));

            UpgradeStatus ended = installed.upgrade(request("container-good"), State.COMPLETED);

            assertThat(ended.steps())
                    .extracting(StepStatus::output)
                    .hasAtLeastOneElementOfType(StepOutput.ArtifactsFetched.class)
                    .filteredOn(StepOutput.ArtifactsFetched.class::isInstance)
                    .allSatisfy(output -> assertThat(((StepOutput.ArtifactsFetched) output).artifacts())
                            .singleElement()
                            .satisfies(image ->
                                    assertThat("sha256:" + image.sha256()).isEqualTo(next.digest())));
            JsonNode container =
                    containers.named(containers.name("container-good")).inspect();
            assertThat(container.at("/Config/Image").asText()).endsWith("@" + next.digest());
            assertThat(container.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("always");
            assertThat("sha256:" + installed.hash()).isEqualTo(next.digest());
        }
    }

    @Test
    void aFailedMigrationOfAContainerComesBackWithTheOldOneAndItsData() throws Exception {
        try (Installed installed = install("container-broken", "migration-fails@51")) {
            JsonNode before =
                    containers.named(containers.name("container-broken")).inspect();

            UpgradeStatus ended = installed.upgrade(request("container-broken"), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.START);
            assertThat(installed.ledger().get().fired("migration-fails")).isTrue();
            JsonNode after =
                    containers.named(containers.name("container-broken")).inspect();
            assertThat(after.path("Id")).isEqualTo(before.path("Id"));
            assertThat(after.at("/HostConfig/RestartPolicy")).isEqualTo(before.at("/HostConfig/RestartPolicy"));
        }
    }

    /** As an operator runs it: by tag, beside its database in a network, which it knows by its name there. */
    private Installed install(String name, String faults) throws IOException {
        int port = freePort();
        Path ledger = Files.createDirectories(ledgers.resolve(name));
        Files.setPosixFilePermissions(ledger, PosixFilePermissions.fromString("rwxrwxrwx"));
        postgres.createDatabase(name, name, "secret-of-" + name);
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
                "STANDIN_FAULTS=" + faults,
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
                "MB_DB_PASS=secret-of-" + name,
                old.reference());
        return Installed.add(
                product,
                name,
                new StandInApi(URI.create("http://127.0.0.1:" + port)),
                () -> StandInLedger.read(ledger.resolve("ledger.jsonl")),
                postgres,
                "--container",
                containers.name(name));
    }

    /** Neither a URL nor a digest: the tag is looked up in the container's repository. */
    private static UpgradeRequested request(String name) {
        return new UpgradeRequested(
                UUID.randomUUID(), null, List.of(name), next.tag(), null, null, null, Dashboard.LIMITS);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
