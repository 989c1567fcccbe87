/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.Failure;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.InspectDiff;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.RequiresDocker;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Containers of a real engine, their images in a real registry, from {@code uplift add --container} to the rows. */
@RequiresDocker
class ContainerIT {
    private static StandInContainers standIns;
    private static Registry.Pushed next;

    @BeforeAll
    static void open() {
        standIns = StandInContainers.open();
        next = standIns.registry().standIn(StandInContainers.NEW);
    }

    @AfterAll
    static void close() {
        standIns.close();
    }

    @Test
    void anUpgradeByTagRunsTheImageOfItsDigestAndKeepsEveryAcknowledgedRow() throws Exception {
        try (Installed installed = standIns.install("container-good", "")) {
            assertThat(installed.node())
                    .isInstanceOfSatisfying(
                            NodeSpec.Docker.class,
                            node -> assertThat(node.image())
                                    .isEqualTo(standIns.old().repository()));

            UpgradeStatus ended = installed.upgrade(
                    StandInContainers.request("container-good", StandInContainers.NEW), State.COMPLETED);

            assertThat(ended.steps())
                    .extracting(StepStatus::output)
                    .hasAtLeastOneElementOfType(StepOutput.ArtifactsFetched.class)
                    .filteredOn(StepOutput.ArtifactsFetched.class::isInstance)
                    .allSatisfy(output -> assertThat(((StepOutput.ArtifactsFetched) output).artifacts())
                            .singleElement()
                            .satisfies(image ->
                                    assertThat("sha256:" + image.sha256()).isEqualTo(next.digest())));
            JsonNode container = standIns.inspect("container-good");
            assertThat(container.at("/Config/Image").asText()).endsWith("@" + next.digest());
            assertThat(container.at("/HostConfig/RestartPolicy/Name").asText()).isEqualTo("always");
            assertThat("sha256:" + installed.hash()).isEqualTo(next.digest());
        }
    }

    @Test
    void aFailedMigrationOfAContainerComesBackWithTheOldOneAndItsData() throws Exception {
        try (Installed installed = standIns.install("container-broken", "migration-fails@51", everyOption("broken"))) {
            JsonNode before = standIns.inspect("container-broken");

            UpgradeStatus ended = installed.upgrade(
                    StandInContainers.request("container-broken", StandInContainers.NEW), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.START);
            assertThat(installed.ledger().get().fired("migration-fails")).isTrue();
            JsonNode after = standIns.inspect("container-broken");
            assertThat(after.path("Id")).isEqualTo(before.path("Id"));
            assertThat(differences(before, after)).isEmpty();
        }
    }

    @Tag("night")
    @Test
    void aVersionThatServedAndFailedIsMigratedDownByItsOwnImageAndWhatItTookInStays() throws Exception {
        String name = "container-down";
        try (Installed installed = standIns.install(name, "crash-after-healthy@51:4s")) {
            JsonNode before = standIns.inspect(name);

            UpgradeStatus ended = installed.upgrade(
                    StandInContainers.request(name, StandInContainers.NEW, Dashboard.DOWN_LIMITS), State.ROLLED_BACK);

            assertThat(ended.failure()).extracting(Failure::step).isEqualTo(StepName.SOAK);
            assertThat(ended.steps())
                    .extracting(StepStatus::output)
                    .contains(new StepOutput.MigratedDown(
                            true, "the data were migrated down by " + StandInContainers.NEW + " and kept"));
            JsonNode after = standIns.inspect(name);
            assertThat(after.path("Id")).isEqualTo(before.path("Id"));
            assertThat(differences(before, after)).isEmpty();
            assertThat(commands(name)).isEmpty();
        }
    }

    @Test
    void anUpgradeOfAContainerWithEveryOptionChangesItsImageAndOurLabelsAlone() throws Exception {
        try (Installed installed = standIns.install("container-options", "", everyOption("options"))) {
            DockerContainers containers = standIns.containers();
            String second = containers.name("second");
            containers.docker().run("network", "create", "--label", containers.label(), second);
            containers
                    .docker()
                    .run("network", "connect", "--alias", "others", second, containers.name("container-options"));
            JsonNode before = standIns.inspect("container-options");

            installed.upgrade(StandInContainers.request("container-options", StandInContainers.NEW), State.COMPLETED);

            JsonNode after = standIns.inspect("container-options");
            assertThat(differences(before, after))
                    .extracting(InspectDiff.Difference::path)
                    // A volume without a name is attached again by the name that the engine gave it.
                    .filteredOn(path -> !path.startsWith("/Config/Labels/dev.uplift.") && !path.contains("/nameless"))
                    .containsExactlyInAnyOrder("/Config/Image", "/Image");
            assertThat(after.at("/NetworkSettings/Networks/" + second + "/Aliases")
                            .toString())
                    .contains("\"others\"");
        }
    }

    @Test
    void aWorkerThatIsKilledWhileItsLockCommandRunsFinishesTheUpgrade() throws Exception {
        String name = "container-locked";
        Product product = standIns.product();
        try (Installed installed = standIns.install(name, "")) {
            standIns.postgres()
                    .sql(
                            name,
                            "UPDATE databasechangeloglock SET locked = TRUE, lockedby = 'a killed one' WHERE id = 1");
            product.arm("swap", "swap.command.run:AFTER:1");

            installed.upgrade(StandInContainers.request(name, StandInContainers.NEW), State.COMPLETED);

            assertThat(product.killed("swap")).isTrue();
            assertThat(product.effects("swap")).contains("swap.command.clear");
            assertThat(commands(name)).isEmpty();
        } finally {
            product.disarm("swap");
        }
    }

    /** The containers that commands of an installation run in, or have run in. */
    private static String commands(String installation) {
        return standIns.containers()
                .docker()
                .run(
                        "ps",
                        "--all",
                        "--quiet",
                        "--filter",
                        "label=" + UpliftLabels.PURPOSE + "=" + UpliftLabels.COMMAND,
                        "--filter",
                        "name=" + standIns.containers().name(installation));
    }

    private static List<InspectDiff.Difference> differences(JsonNode before, JsonNode after) {
        return InspectDiff.between(new ContainerInspection(before), new ContainerInspection(after));
    }

    /** All that an operator can say of a container which is to start, in a form that the engine does not inherit. */
    private static String[] everyOption(String name) {
        DockerContainers containers = standIns.containers();
        return Stream.of(
                        List.of("--hostname", "reports", "--domainname", "example.com", "--label", "team=data"),
                        List.of(
                                "--network-alias",
                                "reports",
                                "--ip",
                                containers.network().nextAddress()),
                        List.of("--env", "EMPTY=", "--env", "EQUALS=a=b c", "--env", "UML=\u00e4 \u2713"),
                        List.of("--volume", containers.volume(name) + ":/named", "--volume", "/nameless"),
                        List.of("--volume", "/etc:/host-etc:ro", "--tmpfs", "/own-tmpfs:rw,size=64k"),
                        List.of("--mount", "type=tmpfs,target=/mounted,tmpfs-size=1048576,tmpfs-mode=0700"),
                        List.of("--memory", "768m", "--memory-swap", "1g", "--memory-reservation", "256m"),
                        List.of("--cpu-shares", "512", "--cpu-period", "50000", "--cpu-quota", "100000"),
                        List.of("--cpuset-cpus", "0,1", "--pids-limit", "2000", "--oom-score-adj", "100"),
                        List.of("--shm-size", "32m", "--ulimit", "nofile=4000:5000", "--init"),
                        List.of("--device", "/dev/null:/dev/xnull:rw", "--device-cgroup-rule", "c 42:* rmw"),
                        List.of("--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD"),
                        List.of("--security-opt", "no-new-privileges", "--group-add", "audio"),
                        List.of("--ipc", "shareable", "--userns", "host", "--stop-timeout", "77"),
                        List.of("--stop-signal", "SIGTERM", "--sysctl", "net.ipv4.ip_forward=1"),
                        List.of("--dns", "192.0.2.1", "--dns-option", "timeout:2", "--dns-search", "example.com"),
                        List.of("--add-host", "database:192.0.2.9", "--expose", "7777/udp"),
                        List.of("--log-driver", "json-file", "--log-opt", "max-size=1m", "--log-opt", "tag={{.Name}}"),
                        List.of("--health-cmd", "exit 0", "--health-interval", "7s", "--health-retries", "9"),
                        List.of("--publish", "127.0.0.1:" + StandInContainers.freePort() + ":9999"))
                .flatMap(List::stream)
                .toArray(String[]::new);
    }
}
