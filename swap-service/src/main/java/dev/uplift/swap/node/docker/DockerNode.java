package dev.uplift.swap.node.docker;

import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerDirectory;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.Containers;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerRefusedException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.RestartPolicy;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.SettingException;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Answers;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.ComposeFiles;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.OneOffCommands;
import dev.uplift.swap.node.Reached;
import dev.uplift.swap.node.SagaState;
import dev.uplift.swap.node.UnseenException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An application that runs in a container. A release's SHA-256 is the digest of its image in the node's
 * repository.
 */
public final class DockerNode implements Node, Autostart, OneOffCommands, ComposeFiles {
    private static final String STOP_SIGNAL = "SIGTERM";

    /** Exit codes that a process has which was told to end from outside: INT, KILL and TERM. */
    private static final Set<Integer> TOLD_TO_END = Set.of(130, 137, 143);

    private final DockerEngine engine;
    private final Host host;
    private final NodeSpec spec;
    private final DockerPlace place;
    private final ContainerFamily family;
    private final Containers containers;

    /**
     * A container, whose directory need not exist until something is written down.
     *
     * @param host the engine's
     */
    public DockerNode(DockerEngine engine, Host host, NodeSpec spec, DockerPlace place) {
        this.engine = engine;
        this.host = host;
        this.spec = spec;
        this.place = place;
        this.family = new ContainerFamily(engine, host, place);
        this.containers = engine.containers();
    }

    @Override
    public NodeSpec spec() {
        return spec;
    }

    @Override
    public String place() {
        return "container " + place.container();
    }

    @Override
    public Host host() {
        return host;
    }

    @Override
    public Path directory() {
        return place.directory();
    }

    /** {@inheritDoc} The engine is asked: a port that it chose is another one after each start. */
    @Override
    public Answers answersAt(Profile profile) throws IOException {
        return uninterrupted(() -> {
            Optional<ContainerInspection> container = family.inPlace();
            if (container.isEmpty() || !container.get().status().equals("running")) {
                return new Answers.Nowhere("it does not run");
            }
            FoundContainer found = new FoundContainer(engine, container.get());
            try {
                return new Answers.At(Reached.by(host, found.baseUrl(profile, place.engineHost())));
            } catch (StepFailure e) {
                return new Answers.Nowhere(e.detail());
            } catch (SettingException e) {
                return new Answers.Nowhere(String.valueOf(e.getMessage()));
            }
        });
    }

    @Override
    public void requireUnmoved() throws IOException {
        RegisteredRoot.of(host.files(), directory().toString());
    }

    @Override
    public List<Instance> running() throws IOException, InterruptedException {
        return family.all().stream()
                .filter(ContainerInspection::lives)
                .map(ContainerFamily::instance)
                .toList();
    }

    @Override
    public boolean runs(Instance instance) throws IOException, InterruptedException {
        return containers
                .find(ContainerFamily.id(instance))
                .filter(found -> found.lives()
                        && ContainerFamily.instance(found).identity().equals(instance.identity()))
                .isPresent();
    }

    @Override
    public Set<TcpConnection> connections() throws IOException, InterruptedException {
        return seen(container -> engine.processes().connections(container));
    }

    @Override
    public boolean holds(DatabaseSpec.H2 file) throws IOException, InterruptedException {
        return seen(container -> {
            for (Path inside : ContainerDatabase.inContainer(host, container, Path.of(file.path()))) {
                if (engine.processes().holds(container, inside)) {
                    return true;
                }
            }
            return false;
        });
    }

    /** What a look into a container tells. */
    @FunctionalInterface
    private interface Look<T> {
        T at(ContainerInspection container) throws IOException, InterruptedException;
    }

    private <T> T seen(Look<T> look) throws IOException, InterruptedException {
        try {
            return look.at(family.requireInPlace());
        } catch (StepFailure e) {
            throw new UnseenException(e.detail());
        } catch (DockerLostException | DockerUnreachableException e) {
            throw e;
        } catch (DockerException e) {
            throw new UnseenException("it cannot be looked into: " + e.getMessage());
        }
    }

    @Override
    public String sha256(Instance instance) throws IOException {
        return uninterrupted(() -> family.sha256(containers.inspect(ContainerFamily.id(instance))));
    }

    @Override
    public String sha256InPlace() throws IOException {
        return uninterrupted(() -> family.sha256(family.requireInPlace()));
    }

    @Override
    public Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException {
        ContainerInspection container = family.requireInPlace();
        ContainerLaunch launch = new ContainerLaunch(engine, directory(), container);
        return new Observation(
                container.lives() ? Optional.of(ContainerFamily.instance(container)) : Optional.empty(),
                Optional.of(launch.of(profile)),
                LaunchFile.read(host, directory()),
                probe.health(profile, answersAt(profile)),
                probe.version(profile, answersAt(profile)),
                versionInPlace(profile),
                family.sha256(container));
    }

    @Override
    public VersionReading versionInPlace(Profile profile) throws IOException {
        return uninterrupted(() -> {
            ContainerInspection container = family.requireInPlace();
            Optional<String> jar = new ContainerCapture(family).jar(container);
            return jar.isEmpty()
                    ? new VersionReading.Unreadable("nobody knows where its JAR is in the container")
                    : profile.jarIdentity(new ContainerJar(engine, container.id(), jar.get()));
        });
    }

    /** Where the container's database is, as seen from the engine's host. */
    @Override
    public NodeDatabase database(Profile profile, Launch launch) throws IOException {
        return uninterrupted(() -> {
            ContainerInspection container = family.requireInPlace();
            ContainerLaunch view = new ContainerLaunch(engine, directory(), container);
            return new ContainerDatabase(host, directory()).of(spec, container, view.view(), profile, launch);
        });
    }

    @Override
    public void check(NodeWork work, Observation observed, CheckList checks) throws IOException, InterruptedException {
        new ContainerChecks(family, checks, Optional.of(work.command().to().version())).run();
    }

    @Override
    public Optional<ComposedNode> composed(NodeWork work, Observation observed)
            throws IOException, InterruptedException {
        return ComposedContainer.of(
                spec.name(), family.requireInPlace(), place.repository().name(), work.command(), observed.sha256());
    }

    /** Looks at what only a container can have. */
    public void check(CheckList checks) throws IOException, InterruptedException {
        new ContainerChecks(family, checks, Optional.empty()).run();
    }

    @Override
    public void makeDirectory() throws IOException, InterruptedException {
        ContainerDirectory.create(host, directory());
        requireUnmoved();
    }

    @Override
    public void register(Fence.Held held, Observation observed)
            throws IOException, InterruptedException, FencedException {
        new ContainerCapture(family).register(held, observed);
    }

    @Override
    public void capture(NodeWork work, Observation observed) throws IOException, InterruptedException, FencedException {
        new ContainerCapture(family).write(work, observed);
    }

    @Override
    public void requireAsChecked(NodeWork work, Instance instance) throws IOException {
        Optional<String> difference = uninterrupted(
                () -> new ContainerCapture(family).difference(containers.inspect(ContainerFamily.id(instance))));
        if (difference.isPresent()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED, instance + " is not as it was when it was checked: " + difference.get());
        }
    }

    @Override
    public void stage(NodeWork work) throws IOException, InterruptedException {
        new ImageStaging(work, family).stage();
    }

    @Override
    public void unstage(NodeWork work) throws IOException, InterruptedException, FencedException {
        String staged = work.targetSha256();
        ImageReference target = family.image(staged);
        work.runFenced(SwapEffect.UNSTAGE_RELEASE, held -> {
            if (!work.command().from().sha256(spec).equals(Optional.of(staged))) {
                engine.images().remove(target);
            }
            Optional<SagaState> state =
                    SagaState.read(host, directory(), work.command().sagaId());
            if (state.filter(SagaState::over).isPresent()) {
                SagaState.close(host, held, directory());
            }
        });
    }

    @Override
    public void hold(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        List<ContainerInspection> all = family.all();
        work.runLocked(effect, () -> {
            for (ContainerInspection container : all) {
                containers.restartPolicy(container.id(), RestartPolicy.NO);
            }
        });
    }

    /**
     * {@inheritDoc}
     *
     * <p>An engine that was started anew since it served has passed over what was held: it is started then, as the
     * engine itself would have done.
     */
    @Override
    public void release(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        ContainerInspection container = family.requireInPlace();
        RestartPolicy policy = family.record().container().restartPolicy();
        work.runLocked(effect, () -> {
            containers.restartPolicy(container.id(), policy);
            if (!policy.equals(RestartPolicy.NO)) {
                containers.start(container.id());
            }
        });
    }

    @Override
    public void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runLocked(effect, () -> {
            for (Instance instance : running) {
                ContainerInspection container = containers.inspect(ContainerFamily.id(instance));
                String signal =
                        container.raw().path("Config").path("StopSignal").asText("");
                containers.signal(container.id(), signal.isEmpty() ? STOP_SIGNAL : signal);
            }
        });
    }

    @Override
    public void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runLocked(effect, () -> {
            for (Instance instance : running) {
                containers.kill(ContainerFamily.id(instance));
            }
        });
    }

    @Override
    public Optional<String> remains() {
        return Optional.empty();
    }

    @Override
    public String startedBy(Instance instance) throws IOException {
        return uninterrupted(() -> {
            ContainerInspection container = containers.inspect(ContainerFamily.id(instance));
            return container.raw().path("RestartCount").asInt() > 0
                    ? "the Docker Engine, by the container's restart policy"
                    : "somebody through the Docker Engine";
        });
    }

    @Override
    public Optional<String> endedBy(Instance instance) throws IOException, InterruptedException {
        return containers
                .find(ContainerFamily.id(instance))
                .filter(found -> !found.lives()
                        && TOLD_TO_END.contains(found.exitCode())
                        && !found.raw().path("State").path("OOMKilled").asBoolean())
                .map(found -> instance + " was told to end by somebody (exit code " + found.exitCode() + ")");
    }

    @Override
    public void switchOver(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).over();
    }

    @Override
    public void revert(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).back();
    }

    @Override
    public Optional<Instance> start(NodeWork work, SwapEffect effect, ApplicationVersion version)
            throws IOException, InterruptedException, FencedException {
        ContainerInspection container = family.requireInPlace();
        try {
            work.runLocked(effect, () -> containers.start(container.id()));
        } catch (DockerRefusedException e) {
            throw StepFailure.retryable(ErrorCode.HOST_UNEXPECTED, "it cannot be started: " + e.getMessage());
        }
        return containers
                .find(container.id())
                .filter(ContainerInspection::lives)
                .map(ContainerFamily::instance);
    }

    @Override
    public NodeLog log() throws IOException {
        return new ContainerLog(engine, place.container(), family.scrubber());
    }

    @Override
    public void commit(NodeWork work) throws IOException, InterruptedException, FencedException {
        new ContainerSwitching(work, family).commit();
        work.runFenced(SwapEffect.COMMIT_FORGET, held -> SagaState.close(host, held, directory()));
    }

    @Override
    public CommandEnd runOnce(NodeWork work, ApplicationVersion version, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException, FencedException {
        return new ContainerCommand(work, family).run(arguments, atMost);
    }

    @Override
    public void clearCommands(NodeWork work, Duration atMost)
            throws IOException, InterruptedException, FencedException {
        new ContainerCommand(work, family).clear(atMost);
    }

    /** What a question asks of the engine. */
    @FunctionalInterface
    private interface Question<T> {
        T ask() throws IOException, InterruptedException;
    }

    private static <T> T uninterrupted(Question<T> question) throws IOException {
        try {
            return question.ask();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the Docker Engine was asked");
        } catch (StepFailure e) {
            // A look that fails says nothing of the data, or of what a step has done: who decides about those by the
            // failures
            // of steps must not take it for one.
            throw new IOException(e.detail(), e);
        }
    }
}
