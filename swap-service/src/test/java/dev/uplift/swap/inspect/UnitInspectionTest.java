/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On a host with systemd as PID 1 that is reached by SSH. */
@RequiresDocker
class UnitInspectionTest {
    private static final String VERSION = "v0.50.3";
    private static final Path UNIT_DIRECTORY = Path.of("/opt/metabase");
    private static final Path PLAIN_DIRECTORY = Path.of("/opt/plain");

    private static SystemdHosts machines;
    private static SystemdHost machine;
    private static HostConnections connections;
    private static NodeProbe probe;
    private static HostSpec.Ssh host;
    private static StandInRelease release;

    private final UUID installation = UUID.randomUUID();

    @BeforeAll
    static void boot() throws Exception {
        machines = SystemdHosts.open();
        machine = machines.start("inspected");
        connections = new HostConnections(Path.of("/nonexistent"), DockerEndpoint.LOCAL);
        probe = new NodeProbe(Duration.ofSeconds(3));
        host = host(machine.fingerprint());
        release = StandInReleases.stamp(Path.of("target", "standin").toAbsolutePath(), VERSION);
        StandInOnHost.in(machine, UNIT_DIRECTORY, release)
                .env("MB_ENCRYPTION_SECRET_KEY", "canary of a key")
                .env("COMP_KEY", "1")
                .installUnit("metabase");
        StandInOnHost.in(machine, PLAIN_DIRECTORY, release).port(3001).launch();
        Host reached = connections.host(host);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> reached.processes().isListenedOn(3000)
                        && reached.processes().isListenedOn(3001));
    }

    @AfterAll
    static void shutDown() {
        probe.close();
        connections.close();
        machines.close();
    }

    @Test
    void unitIsFoundWithWhatItsOwnProcessWasStartedWith() throws Exception {
        Inspection.Found found = (Inspection.Found) inspect(host, null, "metabase.service");

        assertThat(found.toString()).doesNotContain("canary");
        assertThat(found.checks())
                .filteredOn(check -> check.name().equals("how-started"))
                .singleElement()
                .satisfies(check -> assertThat(check.detail())
                        .contains("a command of it", "every user of its host can read COMP_KEY,"));
        assertThat(found.running().version()).isEqualTo(VERSION);
        assertThat(found.installation().hosts()).containsExactly(host);
        assertThat(found.installation().nodes().getFirst()).isInstanceOfSatisfying(NodeSpec.Systemd.class, node -> {
            assertThat(node.unit()).isEqualTo("metabase.service");
            assertThat(node.host()).isEqualTo("web1");
            assertThat(node.directory()).isEqualTo(UNIT_DIRECTORY.toString());
            assertThat(node.jar()).isEqualTo("metabase.jar");
        });
        assertThat(found.installation().database())
                .isEqualTo(new DatabaseSpec.H2(
                        "web1", UNIT_DIRECTORY.resolve("metabase.db.mv.db").toString(), null, null));
        Launch launch = LaunchFile.read(connections.host(host), UNIT_DIRECTORY).orElseThrow();
        assertThat(launch.user()).isEqualTo("metabase");
        assertThat(launch.environment())
                .containsEntry("MB_ENCRYPTION_SECRET_KEY", "canary of a key")
                .doesNotContainKeys("INVOCATION_ID", "JOURNAL_STREAM");
    }

    @Test
    void aUnitWithANumberForItsUserThatReadsItsJarByItsGroupIsFound() throws Exception {
        Path directory = Path.of("/opt/numbered");
        machine.exec("groupadd", "readers");
        machine.exec("mkdir", "/etc/systemd/system/numbered.service.d");
        machine.write(Path.of("/etc/systemd/system/numbered.service.d/group.conf"), "[Service]\nGroup=readers\n");
        StandInOnHost.in(machine, directory, release).port(3002).user("2000").installUnit("numbered");
        machine.exec("chown", "root:readers", directory.resolve("metabase.jar").toString());
        machine.exec("chmod", "0640", directory.resolve("metabase.jar").toString());
        Host reached = connections.host(host);
        await().atMost(Duration.ofSeconds(90))
                .until(() -> reached.processes().isListenedOn(3002)
                        && inspect(host, null, "numbered.service") instanceof Inspection.Found);

        machine.exec("chmod", "0600", directory.resolve("metabase.jar").toString());
        refuses(inspect(host, null, "numbered.service"), ErrorCode.PREFLIGHT_REFUSED, "user '2000'");
    }

    @Test
    void processOfAUnitIsRefusedWithTheUnitToRegister() throws Exception {
        assertThat(inspect(host, UNIT_DIRECTORY, null))
                .isInstanceOfSatisfying(
                        Inspection.Refused.class,
                        refused -> assertThat(refused.detail()).contains("--unit metabase.service"));
    }

    @Test
    void processThatWasStartedByHandIsFoundOnItsHost() throws Exception {
        Inspection.Found found = (Inspection.Found) inspect(host, PLAIN_DIRECTORY, null);

        assertThat(found.installation().nodes().getFirst())
                .isInstanceOfSatisfying(
                        NodeSpec.JarProcess.class,
                        node -> assertThat(node.host()).isEqualTo("web1"));
    }

    @Test
    void unitsThatAreNotThereAndHostsThatAreOthersAreRefused() throws Exception {
        refuses(inspect(host, null, "no-such.service"), ErrorCode.HOST_UNEXPECTED, "no unit no-such.service");
        refuses(inspect(host, null, "ssh.service"), ErrorCode.PREFLIGHT_REFUSED, "runs no JAR");
        HostSpec.Ssh other = host("SHA256:" + "A".repeat(43));
        refuses(inspect(other, null, "metabase.service"), ErrorCode.HOST_UNEXPECTED, machine.fingerprint());
        HostSpec.Ssh nobody = new HostSpec.Ssh(
                "web2", machine.address(), 1, "root", machine.fingerprint(), "file:" + machines.privateKey());
        refuses(inspect(nobody, null, "metabase.service"), ErrorCode.HOST_UNREACHABLE, "web2");
    }

    private static void refuses(Inspection answer, ErrorCode code, String detail) {
        assertThat(answer).isInstanceOfSatisfying(Inspection.Refused.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.detail()).contains(detail);
        });
    }

    private static HostSpec.Ssh host(String key) {
        return new HostSpec.Ssh(
                "web1", machine.address(), SystemdHost.SSH_PORT, "root", key, "file:" + machines.privateKey());
    }

    private Inspection inspect(HostSpec on, @Nullable Path directory, @Nullable String unit) throws Exception {
        return Registrations.accepting(
                new Inspector(TestSite.of(connections), Profiles.load(Optional.empty()), probe, CrashPoints.none()),
                new Inspection.Requested(
                        installation,
                        "inspected",
                        null,
                        "default",
                        null,
                        directory == null ? null : directory.toString(),
                        on,
                        unit,
                        null,
                        null));
    }
}
