/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.Fence;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.TestRun;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.awaitility.Awaitility;

/** One installation of the stand-in in a container of a real engine, its images in a real registry. */
final class DockerRig implements AutoCloseable {
    static final String OLD = "v0.50.3";
    static final String NEW = "v0.51.2";
    private static final String DIGEST = "sha256:";

    final LocalHost host = new LocalHost();
    final DockerContainers containers = DockerContainers.open();
    final String name = containers.name("metabase");
    final NodeProbe probe = new NodeProbe(Duration.ofSeconds(3));
    final Profile profile;
    final DockerEngine engine;
    final Path directory;
    final int port;
    final DockerNode node;
    private final UUID installationId = UUID.randomUUID();
    private final Set<String> deaths = new LinkedHashSet<>();
    private final Registry.Pushed oldImage;
    private String target;
    private long epoch = 1;
    private int delivery = 1;
    private boolean dying;

    /** A registry with three releases, for the rigs of one class. */
    record Images(
            DockerContainers containers,
            Registry registry,
            Registry.Pushed old,
            Registry.Pushed next,
            Registry.Pushed other)
            implements AutoCloseable {
        static Images push() {
            DockerContainers containers = DockerContainers.open();
            Registry registry = Registry.start(containers);
            return new Images(
                    containers, registry, registry.standIn(OLD), registry.standIn(NEW), registry.standIn("v0.52.1"));
        }

        @Override
        public void close() {
            containers.close();
        }
    }

    DockerRig(Images images) throws Exception {
        oldImage = images.old();
        engine = DockerEngine.connect(DockerEndpoint.LOCAL);
        profile = Profiles.load(Optional.empty()).byName("metabase").orElseThrow();
        directory = Files.createTempDirectory("uplift-docker-node").toRealPath();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        target = sha256(images.next());
        containers.docker().run("pull", "--quiet", oldImage.pinned());
        host.fence(directory).claim(installationId, null).close();
        node = new DockerNode(
                engine,
                host,
                spec(),
                new DockerPlace(
                        name,
                        ImageReference.parse(oldImage.repository()),
                        RegistryLogins.none(host),
                        directory,
                        "127.0.0.1"));
    }

    /** Starts the old version as an operator does, with these further options, and waits until it serves. */
    ContainerInspection run(String... options) throws Exception {
        List<String> published = new ArrayList<>(List.of("--publish", "127.0.0.1:" + port + ":3000"));
        published.addAll(List.of(options));
        return runUnpublished(published.toArray(String[]::new));
    }

    /** The same without a port, which is among the options. */
    ContainerInspection runUnpublished(String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "--name",
                name,
                "--env",
                "STANDIN_LOCK_WAIT=50ms",
                "--env",
                "JAVA_OPTS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"));
        arguments.addAll(List.of(options));
        arguments.add(oldImage.pinned());
        containers.run(arguments.toArray(String[]::new));
        awaitHealthy(OLD);
        return engine.containers().inspect(name);
    }

    void awaitHealthy(String version) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> probe.health(profile, node.address(profile)) instanceof NodeProbe.Health.Healthy
                        && probe.version(profile, node.address(profile))
                                instanceof VersionReading.Known(ApplicationVersion known)
                        && known.text().equals(version));
    }

    /** Looks and writes down what an upgrade would begin with. */
    Observation preflight() throws Exception {
        Observation observed = node.observe(profile, probe);
        node.launchRecord().capture(work(), observed);
        return observed;
    }

    CheckList check() throws Exception {
        CheckList checks = new CheckList(false);
        node.check(work(), node.observe(profile, probe), checks);
        return checks;
    }

    NodeDatabase database() throws Exception {
        return node.data()
                .database(profile, node.observe(profile, probe).launch().orElseThrow());
    }

    /** Asks it to end and waits until nothing of it runs. */
    void stop() throws Exception {
        step(work -> node.hold(work, SwapEffect.STOP_AUTOSTART));
        step(work -> node.instances()
                .terminate(work, SwapEffect.STOP_TERMINATE, node.instances().running()));
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> node.instances().running().isEmpty());
    }

    Instance start(String version) throws Exception {
        ApplicationVersion parsed = version(version);
        Instance instance = node.start(work(), SwapEffect.START_START, parsed).orElseThrow();
        awaitHealthy(version);
        return instance;
    }

    /** Something that is done to the node. */
    @FunctionalInterface
    interface Step {
        void take(NodeWork work) throws Exception;
    }

    /** Takes a step that dies before and after each of its effects, until it goes through, and once more. */
    void step(Step step) throws Exception {
        deaths.clear();
        dying = true;
        while (dying) {
            try {
                step.take(work());
                dying = false;
            } catch (Death e) {
                delivery++;
            }
        }
        step.take(work());
    }

    /** Takes a step that dies before this effect. */
    void dieBefore(SwapEffect effect, Step step) throws Exception {
        deaths.clear();
        for (String other : SwapEffect.names()) {
            for (CrashPoints.Moment moment : CrashPoints.Moment.values()) {
                deaths.add(other + ":" + moment);
            }
        }
        deaths.remove(effect.crashPoint() + ":" + CrashPoints.Moment.BEFORE);
        dying = true;
        try {
            step.take(work());
            throw new AssertionError(effect + " was not reached");
        } catch (Death e) {
            delivery++;
        } finally {
            dying = false;
        }
    }

    void nextEpoch() {
        epoch++;
    }

    void target(String sha256) {
        target = sha256;
    }

    static String sha256(Registry.Pushed image) {
        return image.digest().substring(DIGEST.length());
    }

    NodeWork work() {
        return new Work(this, epoch, delivery);
    }

    /** As a run of an older command that wakes up. */
    NodeWork staleWork() {
        return new Work(this, epoch - 1, delivery);
    }

    ApplicationVersion version(String text) {
        if (profile.version(text) instanceof VersionReading.Known(ApplicationVersion known)) {
            return known;
        }
        throw new AssertionError(text);
    }

    private NodeSpec spec() {
        return new NodeSpec.Docker(
                "node-1", NodeSpec.LOCAL, name, oldImage.repository(), URI.create("http://127.0.0.1:" + port));
    }

    @Override
    public void close() throws IOException {
        containers.close();
        engine.close();
        probe.close();
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }

    private record Work(DockerRig rig, long epoch, int delivery) implements NodeWork {
        @Override
        public StepCommand command() {
            return new StepCommand(
                    new UUID(1, 2),
                    3,
                    StepName.SWITCH,
                    Direction.DO,
                    1,
                    epoch,
                    false,
                    false,
                    new InstallationSpec(
                            rig.installationId,
                            "stand-in",
                            "metabase",
                            "default",
                            List.of(rig.spec()),
                            new DatabaseSpec.H2("local", "/nowhere/metabase.db", null, null)),
                    new Release(OLD, null, null, null).with(rig.spec(), sha256(rig.oldImage)),
                    new Release(NEW, null, null, null).with(rig.spec(), rig.target),
                    List.of(),
                    null,
                    null,
                    null,
                    new StepLimits(
                            Duration.ofSeconds(15),
                            Duration.ofSeconds(60),
                            Duration.ofSeconds(1),
                            Duration.ofSeconds(20)));
        }

        @Override
        public Profile profile() {
            return rig.profile;
        }

        @Override
        public ApplicationVersion version(Release release) {
            return rig.version(release.version());
        }

        @Override
        public String targetSha256() {
            return rig.target;
        }

        @Override
        public StepRun run() {
            return new TestRun(delivery, (effect, moment) -> {
                if (rig.dying && rig.deaths.add(effect + ":" + moment)) {
                    throw new Death();
                }
            });
        }

        @Override
        public Fence fence() {
            return rig.host.fence(rig.directory);
        }
    }
}
