/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.host.Fence;
import dev.uplift.host.Host;
import dev.uplift.host.Hosts;
import dev.uplift.host.SshTarget;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.VersionReading;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.TestRun;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.jar.JarInstances;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On a host with systemd as PID 1 that is reached by SSH. */
@RequiresDocker
class SystemdNodeTest {
    private static final String OLD = "v0.50.3";
    private static final String NEW = "v0.51.2";
    private static final Duration START = Duration.ofSeconds(90);
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private static SystemdHosts machines;
    private static SystemdHost machine;
    private static Hosts hosts;
    private static Host host;
    private static Profile profile;
    private static NodeProbe probe;
    private static HttpServer artifacts;

    private final String name = "app" + NUMBERS.incrementAndGet();
    private final String unit = name + ".service";
    private final Path directory = Path.of("/opt", name);
    private final UUID installation = UUID.randomUUID();

    @BeforeAll
    static void boot() throws Exception {
        machines = SystemdHosts.open();
        machine = machines.start("units");
        hosts = new Hosts();
        host = hosts.ssh(new SshTarget(
                "units",
                machine.address(),
                SystemdHost.SSH_PORT,
                "root",
                machine.fingerprint(),
                "file:" + machines.privateKey()));
        profile = Profiles.load(Optional.empty()).byName("metabase").orElseThrow();
        probe = new NodeProbe(Duration.ofSeconds(3));
        artifacts = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        artifacts.createContext("/", exchange -> {
            Path jar = release(exchange.getRequestURI().getPath().substring(1)).jar();
            exchange.sendResponseHeaders(200, Files.size(jar));
            try (var body = exchange.getResponseBody()) {
                Files.copy(jar, body);
            }
        });
        artifacts.start();
    }

    @AfterAll
    static void shutDown() {
        artifacts.stop(0);
        probe.close();
        hosts.close();
        machines.close();
    }

    @Test
    void unitIsStoppedSwitchedStartedAsItsUserAndReleased() throws Exception {
        SystemdNode node = running("");
        NodeWork work = work(node);
        Observation before = node.observe(profile, probe);
        CheckList checks = new CheckList(false);
        node.check(work, before, checks);
        assertThat(checks.all())
                .filteredOn(check -> check.verdict() == Check.Verdict.FAIL)
                .isEmpty();
        node.launchRecord().capture(work, before);
        node.stage(work);
        Instance old = before.instance().orElseThrow();
        node.launchRecord().requireAsChecked(work, old);

        node.hold(work, SwapEffect.STOP_AUTOSTART);
        node.instances()
                .terminate(work, SwapEffect.STOP_TERMINATE, node.instances().running());
        awaitDown(node);
        node.switchOver(work);
        String lastStart = node.lastStart();
        Instance started =
                node.start(work, SwapEffect.START_START, version(NEW)).orElseThrow();
        awaitVersion(node, NEW);

        assertThat(node.instances().runs(old)).isFalse();
        assertThat(node.instances().running()).containsExactly(started);
        assertThat(node.isStray(started)).isFalse();
        assertThat(node.lastStart()).isNotEqualTo(lastStart);
        assertThat(node.instances().sha256(started)).isEqualTo(release(NEW).sha256());
        assertThat(machine.property(unit, "Restart")).isEqualTo("no");
        long user = Long.parseLong(machine.exec("id", "-u", "metabase").output().strip());
        assertThat(host.processes()
                        .find(JarInstances.identity(started).pid())
                        .orElseThrow()
                        .uid())
                .isEqualTo(user);
        node.release(work, SwapEffect.COMMIT_AUTOSTART);
        node.commit(work);
        assertThat(machine.property(unit, "Restart")).isEqualTo("always");
        assertThat(machine.property(unit, "DropInPaths")).isEmpty();
        assertThat(machine.property(unit, "NeedDaemonReload")).isEqualTo("no");
        assertThat(node.instances().running()).containsExactly(started);
        assertThat(machine.attempt("ls", "/etc/systemd/system/" + unit + ".d").ok())
                .isFalse();
    }

    @Test
    void heldUnitIsStartedNeitherByAPersonNorByABoot() throws Exception {
        SystemdNode node = running("");
        NodeWork work = work(node);
        node.launchRecord().capture(work, node.observe(profile, probe));
        node.hold(work, SwapEffect.STOP_AUTOSTART);
        node.instances()
                .terminate(work, SwapEffect.STOP_TERMINATE, node.instances().running());
        awaitDown(node);

        String lastStart = node.lastStart();
        machine.systemctl("start", unit);
        assertThat(machine.property(unit, "ActiveState")).isEqualTo("inactive");
        assertThat(node.lastStart()).isEqualTo(lastStart);
        assertThat(node.instances().running()).isEmpty();
        machine.reboot();
        assertThat(machine.property(unit, "UnitFileState")).isEqualTo("enabled");
        assertThat(machine.property(unit, "ActiveState")).isEqualTo("inactive");
        assertThat(node.instances().running()).isEmpty();
        assertThat(node.instances().remains()).isEmpty();
        String hostRun = node.hostRun().orElseThrow();
        assertThat(node.start(work, SwapEffect.RESUME_START, version(OLD))).isPresent();
        awaitVersion(node, OLD);
        assertThat(node.endedWithHost(hostRun)).isFalse();

        machine.powerCycle();
        assertThat(node.instances().running()).isEmpty();
        assertThat(node.endedWithHost(hostRun)).isTrue();
        node.release(work, SwapEffect.RESUME_AUTOSTART);
        awaitVersion(node, OLD);
        machine.reboot();
        awaitVersion(node, OLD);
    }

    @Test
    void startThatFailsIsSeenOnceAndIsNotALoop() throws Exception {
        SystemdNode node = running("migration-fails@51");
        NodeWork work = work(node);
        node.launchRecord().capture(work, node.observe(profile, probe));
        node.stage(work);
        node.hold(work, SwapEffect.STOP_AUTOSTART);
        node.instances()
                .terminate(work, SwapEffect.STOP_TERMINATE, node.instances().running());
        awaitDown(node);
        node.switchOver(work);
        String mark = node.log().mark();

        Optional<Instance> started = node.start(work, SwapEffect.START_START, version(NEW));
        if (started.isPresent()) {
            await().atMost(START).until(() -> !node.instances().runs(started.get()));
        }

        assertThat(machine.property(unit, "NRestarts")).isEqualTo("0");
        assertThat(node.instances().running()).isEmpty();
        assertThat(node.instances().endedBy(started.orElse(new Instance("1:1", "gone"))))
                .isEmpty();
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(
                        () -> assertThat(node.log().since(mark, profile.log().failed()))
                                .contains("Metabase Initialization FAILED"));
    }

    @Test
    void unitThatAPersonRestartsIsKeptDownAndThePersonIsSeen() throws Exception {
        SystemdNode node = running("");
        NodeWork work = work(node);
        node.launchRecord().capture(work, node.observe(profile, probe));
        node.hold(work, SwapEffect.STOP_AUTOSTART);
        Instance running = node.instances().running().getFirst();
        String hostRun = node.hostRun().orElseThrow();

        machine.systemctl("restart", unit);

        assertThat(node.instances().runs(running)).isFalse();
        assertThat(node.instances().running()).isEmpty();
        assertThat(node.instances().endedBy(running).orElseThrow()).contains("by somebody else");
        assertThat(node.endedWithHost(hostRun)).isFalse();
    }

    @Test
    void aDisabledUnitThatIsStoppedIsNotTakenForARebootOfItsHost() throws Exception {
        SystemdNode node = running("");
        String hostRun = node.hostRun().orElseThrow();
        machine.systemctl("disable", unit);

        machine.systemctl("stop", unit);

        awaitDown(node);
        assertThat(machine.property(unit, "InvocationID"))
                .as("systemd has forgotten it, as after a boot")
                .isEmpty();
        assertThat(node.endedWithHost(hostRun)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--now",
                "a.service;reboot",
                "a b.service",
                "-a.service",
                "a.timer",
                "../a.service",
                "a\n.service",
                "a@.service",
                "",
                ".service"
            })
    void nameThatIsNoServiceIsRefused(String bad) {
        assertThatExceptionOfType(UnexpectedPathException.class).isThrownBy(() -> SystemdUnit.of(host, bad));
    }

    private SystemdNode running(String faults) throws Exception {
        int port = 3000 + NUMBERS.get();
        StandInOnHost standIn =
                StandInOnHost.in(machine, directory, release(OLD)).port(port);
        (faults.isEmpty() ? standIn : standIn.faults(faults)).installUnit(name);
        SystemdNode node = new SystemdNode(
                host,
                new NodeSpec.Systemd(
                        "node-1",
                        "units",
                        unit,
                        directory.toString(),
                        "metabase.jar",
                        URI.create("http://127.0.0.1:" + port)));
        awaitVersion(node, OLD);
        return node;
    }

    private static void awaitVersion(Node node, String tag) {
        await().atMost(START)
                .ignoreExceptions()
                .until(() -> probe.health(profile, node.address(profile)) instanceof NodeProbe.Health.Healthy
                        && probe.version(profile, node.address(profile)) instanceof VersionReading.Known(var version)
                        && version.equals(version(tag)));
    }

    private static void awaitDown(Node node) {
        await().atMost(START)
                .until(() -> node.instances().running().isEmpty()
                        && node.instances().remains().isEmpty());
    }

    private static ApplicationVersion version(String tag) {
        return ((VersionReading.Known) profile.version(tag)).version();
    }

    private static synchronized StandInRelease release(String tag) {
        return StandInReleases.stamp(Path.of("target", "standin").toAbsolutePath(), tag);
    }

    private NodeWork work(Node node) throws IOException {
        StandInRelease to = release(NEW);
        Artifact artifact = new Artifact(
                to.sha256(),
                Files.size(to.jar()),
                NEW,
                "oss",
                URI.create("http://127.0.0.1:" + artifacts.getAddress().getPort() + "/" + NEW),
                true);
        return new Work(
                node,
                new StepCommand(
                        UUID.randomUUID(),
                        1,
                        StepName.START,
                        Direction.DO,
                        1,
                        1,
                        false,
                        false,
                        new InstallationSpec(
                                installation,
                                name,
                                "metabase",
                                "default",
                                List.of(node.spec()),
                                new DatabaseSpec.H2(
                                        "units",
                                        directory.resolve("metabase.db.mv.db").toString(),
                                        null,
                                        null),
                                List.of(new HostSpec.Ssh(
                                        "units",
                                        machine.address(),
                                        SystemdHost.SSH_PORT,
                                        "root",
                                        machine.fingerprint(),
                                        "file:" + machines.privateKey()))),
                        new Release(OLD, "oss", release(OLD).sha256(), null),
                        new Release(NEW, "oss", to.sha256(), null),
                        List.of(artifact),
                        null,
                        null,
                        null,
                        new StepLimits(
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(60),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(20))));
    }

    private record Work(Node node, StepCommand command) implements NodeWork {
        @Override
        public Profile profile() {
            return profile;
        }

        @Override
        public ApplicationVersion version(Release release) {
            return SystemdNodeTest.version(release.version());
        }

        @Override
        public String targetSha256() {
            return release(NEW).sha256();
        }

        @Override
        public StepRun run() {
            return new TestRun(1, CrashPoints.none());
        }

        @Override
        public Fence fence() {
            return node.fence();
        }
    }
}
