/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import com.sun.net.httpserver.HttpServer;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Backup;
import dev.uplift.contract.Direction;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Fence;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.LocalHost;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInServer;
import dev.uplift.swap.TestRun;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.inspect.Inspector;
import dev.uplift.swap.inspect.Registrations;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.SagaState;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One installation of the stand-in in a directory that every user may enter, and the steps to be taken on it. */
final class Rig implements AutoCloseable {
    static final String OLD = "v0.50.3";
    static final String NEW = "v0.51.2";
    static final Host HOST = new LocalHost();
    static final Site SITE = TestSite.of(new HostConnections(Path.of("/nonexistent"), DockerEndpoint.LOCAL));
    static final Duration START = Duration.ofSeconds(40);

    private static final Map<String, StandInReleases.StandInRelease> STAMPED = new HashMap<>();

    final Path directory;
    final UUID installationId = UUID.randomUUID();
    UUID sagaId = UUID.randomUUID();
    final Profiles profiles;
    final NodeProbe probe = new NodeProbe(Duration.ofSeconds(3));
    private final HttpServer artifacts;
    private final AtomicInteger artifactsAway = new AtomicInteger();
    private final Map<String, StepHandler> handlers = new HashMap<>();
    private final Set<String> reached = new LinkedHashSet<>();
    private @Nullable InstallationSpec installation;
    private Release from = new Release(OLD, null, null, null);
    private Release to = new Release(NEW, null, null, null);
    private @Nullable Artifact artifact;
    private @Nullable Backup source;
    private boolean dryRun;
    private int delivery = 1;

    /** What has become of the data; only in an upgrade whose way back is to migrate down. */
    @Nullable
    MigratedData migrated;

    long epoch = 1;
    int attempt = 1;
    StepLimits limits = new StepLimits(
            Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(20));

    Rig() throws Exception {
        this(30);
    }

    /** The stand-in gets this long to stop. */
    Rig(int graceSeconds) throws Exception {
        directory = Files.createTempDirectory(
                        "uplift-swap",
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")))
                .toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        profiles = Profiles.load(Optional.of(profileWithGrace(directory, graceSeconds)));
        artifacts = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        artifacts.createContext("/", exchange -> {
            if (artifactsAway.getAndDecrement() > 0) {
                exchange.close();
                return;
            }
            Path jar = release(exchange.getRequestURI().getPath().substring(1)).jar();
            exchange.sendResponseHeaders(200, Files.size(jar));
            try (var body = exchange.getResponseBody()) {
                Files.copy(jar, body);
            }
        });
        artifacts.start();
        for (SwapSteps.Entry entry : new SwapSteps(SITE, profiles, probe, Clock.systemUTC()).all()) {
            handlers.put(entry.step().commandType(entry.direction()), entry.handler());
        }
    }

    /** The profile of Metabase, which gets this long to stop, in a new directory of profiles. */
    static Path profileWithGrace(Path directory, int seconds) throws IOException {
        Path own = Files.createDirectory(directory.resolve("profiles"));
        try (InputStream builtIn =
                Objects.requireNonNull(Profiles.class.getResourceAsStream("/profiles/metabase.yaml"))) {
            String yaml = new String(builtIn.readAllBytes(), StandardCharsets.UTF_8);
            Files.writeString(
                    own.resolve("metabase.yaml"), yaml.replace("grace-seconds: 30", "grace-seconds: " + seconds));
        }
        return own;
    }

    static synchronized StandInReleases.StandInRelease release(String tag) {
        return STAMPED.computeIfAbsent(
                tag, each -> StandInReleases.stamp(Path.of("target", "standin").toAbsolutePath(), each));
    }

    StandInServer.Launch launch(String tag) {
        return StandInServer.in(directory)
                .release(release(tag))
                .java(java())
                .javaOption("-XX:TieredStopAtLevel=1")
                .javaOption("-XX:+UseSerialGC")
                .javaOption("-Xshare:auto")
                .env("STANDIN_LOCK_WAIT", "50ms")
                .env("STANDIN_SHUTDOWN_WAIT", "300ms");
    }

    /**
     * A directory as a stop and a switch leave it: this release in place, nothing running.
     *
     * @param used whether the installation was set up before
     */
    void stopped(String tag, boolean used, Map<String, String> settings) throws Exception {
        StandInReleases.StandInRelease release = release(tag);
        Path place = directory.resolve("releases").resolve(release.sha256());
        Files.createDirectories(place);
        Files.copy(release.jar(), place.resolve("metabase.jar"));
        Files.createSymbolicLink(directory.resolve("current"), Path.of("releases", release.sha256()));
        Files.createSymbolicLink(directory.resolve("metabase.jar"), Path.of("current", "metabase.jar"));
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Map<String, String> environment = new HashMap<>(settings);
        environment.putAll(Map.of(
                "MB_JETTY_PORT",
                Integer.toString(port),
                "STANDIN_LOCK_WAIT",
                "50ms",
                "STANDIN_SHUTDOWN_WAIT",
                "300ms",
                "STANDIN_LEDGER",
                directory.resolve("ledger.jsonl").toString()));
        Launch launch = new Launch(
                List.of(java().toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", "metabase.jar"),
                environment,
                HOST.uid(),
                0,
                List.of(),
                "",
                directory.toString(),
                java().toRealPath().toString(),
                directory.resolve("uplift-app.log").toString(),
                settings.containsKey("MB_DB_PASS")
                        ? Map.of(LaunchSettings.DATABASE_PASSWORD, settings.get("MB_DB_PASS"))
                        : Map.of(),
                null,
                null);
        try (Fence.Held held = HOST.fence(directory).claim(installationId, null)) {
            LaunchFile.write(held, directory, launch);
            SagaState.stopping(installationId, sagaId, used, Instant.now()).write(held, directory);
        }
        NodeDatabase database =
                NodeDatabase.of(HOST, "node-1", profiles.byName("metabase").orElseThrow(), launch);
        installed(new InstallationSpec(
                installationId,
                "stand-in",
                "metabase",
                "default",
                List.of(new NodeSpec.JarProcess(
                        "node-1",
                        NodeSpec.LOCAL,
                        directory.toString(),
                        "metabase.jar",
                        URI.create("http://127.0.0.1:" + port))),
                ((NodeDatabase.Supported) database).spec()));
        to(tag);
    }

    static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    /** Makes it a used installation. */
    static void setUp(StandInServer server) {
        if (server.post("/api/setup", "{\"email\":\"a@b\"}").isEmpty()) {
            throw new AssertionError("the stand-in does not answer");
        }
    }

    /** Registers what runs in the directory, as {@code uplift add} does. */
    Inspection.Found register() throws Exception {
        Inspection answer = Registrations.accepting(
                new Inspector(SITE, profiles, probe, CrashPoints.none()),
                new Inspection.Requested(installationId, "stand-in", null, "default", null, directory.toString()));
        if (!(answer instanceof Inspection.Found found)) {
            throw new AssertionError(answer);
        }
        installed(found.installation());
        from = found.running();
        return found;
    }

    /** Adds what runs in another directory as another node, as {@code uplift add --to} does. */
    Inspection.Found join(Path another, Release running) throws Exception {
        Inspection answer = Registrations.accepting(
                new Inspector(SITE, profiles, probe, CrashPoints.none()),
                new Inspection.Requested(
                        installationId,
                        "stand-in",
                        null,
                        "default",
                        null,
                        another.toString(),
                        null,
                        null,
                        null,
                        null,
                        new Inspection.Joining(Objects.requireNonNull(installation), running)));
        if (!(answer instanceof Inspection.Found found)) {
            throw new AssertionError(answer);
        }
        installed(found.installation());
        return found;
    }

    void installed(InstallationSpec spec) {
        installation = spec;
    }

    /** For what runs in the place of an application, and works on no database. */
    void assumeDatabase() {
        InstallationSpec spec = Objects.requireNonNull(installation);
        installed(spec.withDatabaseAssumedFor(spec.nodes().getFirst()));
    }

    void from(Release release) {
        from = release;
    }

    /** The upgrade goes to this release of the stand-in; its JAR is served over HTTP. */
    void to(String tag) throws Exception {
        StandInReleases.StandInRelease release = release(tag);
        to = new Release(tag, null, release.sha256(), null);
        artifact = new Artifact(
                release.sha256(),
                Files.size(release.jar()),
                tag,
                "oss",
                URI.create("http://127.0.0.1:" + artifacts.getAddress().getPort() + "/" + tag),
                true);
    }

    /** From here on it is about another upgrade, of what the last one led to. */
    void next(String tag) throws Exception {
        sagaId = UUID.randomUUID();
        epoch++;
        from = to;
        to(tag);
    }

    /** So many requests for artifacts find nobody who answers. */
    void artifactsAway(int requests) {
        artifactsAway.set(requests);
    }

    void artifact(Artifact changed) {
        artifact = changed;
    }

    void dryRun(boolean dry) {
        dryRun = dry;
    }

    /** As if the run before had been taken over. */
    void redeliver() {
        delivery++;
    }

    StepCommand command(StepName step, Direction direction) {
        return new StepCommand(
                sagaId,
                List.of(StepName.values()).indexOf(step),
                step,
                direction,
                attempt,
                epoch,
                false,
                dryRun,
                Objects.requireNonNull(installation),
                from,
                to,
                artifact == null ? List.of() : List.of(artifact),
                null,
                source,
                migrated,
                limits);
    }

    StepOutcome take(StepName step, Direction direction) throws Exception {
        return take(step, direction, (effect, moment) -> {
            if (moment == CrashPoints.Moment.AFTER) {
                reached.add(effect);
            }
        });
    }

    StepOutcome take(StepName step, Direction direction, CrashPoints crashPoints) throws Exception {
        StepCommand command = command(step, direction);
        return Objects.requireNonNull(handlers.get(step.commandType(direction)))
                .run(command, new TestRun(delivery, crashPoints));
    }

    /** The same as {@link #take}; fails unless it succeeds. */
    StepOutcome.Succeeded succeed(StepName step, Direction direction) throws Exception {
        StepOutcome outcome = take(step, direction);
        if (!(outcome instanceof StepOutcome.Succeeded succeeded)) {
            throw new AssertionError(step + " " + direction + ": " + outcome);
        }
        return succeeded;
    }

    /** Fails unless the step fails. */
    StepOutcome.Failed fail(StepName step, Direction direction) throws Exception {
        StepOutcome outcome = take(step, direction);
        if (!(outcome instanceof StepOutcome.Failed failed)) {
            throw new AssertionError(step + " " + direction + ": " + outcome);
        }
        return failed;
    }

    /**
     * Takes a step that dies before and after every effect that it comes to, each time a new run; the
     * last run goes through. Then takes it once more, which must give the same.
     */
    StepOutcome.Succeeded succeedThoughDying(StepName step, Direction direction) throws Exception {
        StepOutcome.Succeeded succeeded = null;
        Set<String> deaths = new LinkedHashSet<>();
        while (succeeded == null) {
            try {
                StepOutcome outcome = take(step, direction, (effect, moment) -> {
                    if (deaths.add(effect + ":" + moment)) {
                        throw new Death();
                    }
                });
                if (!(outcome instanceof StepOutcome.Succeeded ended)) {
                    throw new AssertionError(step + " " + direction + " after " + deaths + ": " + outcome);
                }
                succeeded = ended;
            } catch (Death e) {
                redeliver();
            }
        }
        deaths.forEach(death -> reached.add(death.substring(0, death.indexOf(':'))));
        StepOutcome.Succeeded again = succeed(step, direction);
        if (!again.equals(succeeded) && !halted(again, succeeded)) {
            throw new AssertionError(step + " " + direction + " again: " + again + ", before: " + succeeded);
        }
        return succeeded;
    }

    /** What was halted before is seen to be down by each look anew, so that a second one dates the outage later. */
    private static boolean halted(StepOutcome.Succeeded again, StepOutcome.Succeeded succeeded) {
        return again.output() instanceof StepOutput.NodesStopped later
                && succeeded.output() instanceof StepOutput.NodesStopped earlier
                && !later.outageBeganAt().isBefore(earlier.outageBeganAt());
    }

    /** Names of the effects that were taken. */
    Set<String> reached() {
        return reached;
    }

    @Override
    public void close() throws IOException {
        StandInServer.runningIn(directory).forEach(ProcessHandle::destroyForcibly);
        artifacts.stop(0);
        probe.close();
        try (var files = Files.walk(directory)) {
            List<Path> all = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : all) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** Stands for kill -9: nothing of the run goes on after it. */
    private static final class Death extends Error {
        private static final long serialVersionUID = 1L;
    }
}
