package dev.uplift.swap.node.jar;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Exec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.ProcessIdentity;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Scrubber;
import dev.uplift.host.ShellVariables;
import dev.uplift.host.TcpConnection;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Answers;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.OneOffCommands;
import dev.uplift.swap.node.Reached;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** An application that runs as {@code java -jar x.jar} in a directory of a host, whoever starts it there. */
public abstract class JarNode implements Node, OneOffCommands {
    static final String HOW_STARTED = "how-started";

    private static final Pattern JAR_NAME = Pattern.compile("(?!current$|releases$)[^./\\p{Cntrl}][^/\\p{Cntrl}]*");

    private final Host host;
    private final NodeSpec.InDirectory spec;
    private final RegisteredRoot root;
    private final Layout layout;

    /**
     * The node at its registered place.
     *
     * @throws UnexpectedPathException if the directory is not, or no longer, a canonical path
     */
    protected JarNode(Host host, NodeSpec.InDirectory spec) throws IOException {
        this.host = host;
        this.spec = spec;
        this.root = RegisteredRoot.of(host.files(), spec.directory());
        if (!JAR_NAME.matcher(spec.jar()).matches()) {
            throw new UnexpectedPathException("'" + spec.jar() + "' is not the file name of a JAR");
        }
        this.layout = new Layout(host.files(), root, spec.jar());
    }

    @Override
    public final NodeSpec.InDirectory spec() {
        return spec;
    }

    @Override
    public final Host host() {
        return host;
    }

    @Override
    public final Path directory() {
        return root.path();
    }

    @Override
    public String place() {
        return directory().toString();
    }

    final RegisteredRoot root() {
        return root;
    }

    public final Layout layout() {
        return layout;
    }

    /** Where it answers HTTP, on its host. */
    public final int port() {
        return Reached.port(spec.baseUrl());
    }

    @Override
    public final Answers answersAt(Profile profile) throws IOException {
        return new Answers.At(Reached.by(host, spec.baseUrl()));
    }

    @Override
    public final void requireUnmoved() throws IOException {
        root.requireUnmoved();
    }

    @Override
    public final List<Instance> running() throws IOException {
        return processes().stream().map(JarNode::instance).toList();
    }

    /** The processes that {@link #running} are. */
    final List<RunningProcess> processes() throws IOException {
        return host.processes().runningJars().stream().filter(this::isOurs).toList();
    }

    @Override
    public final boolean runs(Instance instance) throws IOException {
        return host.processes().runs(identity(instance));
    }

    @Override
    public final Set<TcpConnection> connections() throws IOException {
        Set<TcpConnection> connections = new LinkedHashSet<>();
        for (RunningProcess process : processes()) {
            connections.addAll(host.processes().connections(process.identity()));
        }
        return connections;
    }

    @Override
    public final boolean holds(DatabaseSpec.H2 file) throws IOException {
        Path path = Path.of(file.path());
        if (!host.files().exists(path)) {
            return false;
        }
        Set<ProcessIdentity> own =
                processes().stream().map(RunningProcess::identity).collect(Collectors.toSet());
        return host.processes().holding(path).stream()
                .map(RunningProcess::identity)
                .anyMatch(own::contains);
    }

    @Override
    public final String sha256(Instance instance) throws IOException {
        return host.files().digest(runningJar(identity(instance))).sha256();
    }

    @Override
    public final String sha256InPlace() throws IOException {
        return layout.sha256InPlace();
    }

    @Override
    public final VersionReading versionInPlace(Profile profile) throws IOException {
        return version(profile, layout.jar());
    }

    @Override
    public final Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException {
        List<RunningProcess> running = processes();
        if (running.size() > 1) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    running.size() + " processes run " + spec.jar() + " in " + directory() + ": "
                            + RunningProcess.names(running) + "; one is expected");
        }
        Optional<RunningProcess> process = running.stream().findFirst();
        Optional<Launch> before = LaunchFile.read(host, directory());
        Path jar = process.isPresent() ? runningJar(process.get().identity()) : layout.jar();
        return new Observation(
                process.map(JarNode::instance),
                process.isPresent() ? Optional.of(captured(process.get(), profile, before)) : before,
                before,
                probe.health(profile, answersAt(profile)),
                probe.version(profile, answersAt(profile)),
                version(profile, jar),
                host.files().digest(jar).sha256());
    }

    @Override
    public final void check(NodeWork work, Observation observed, CheckList checks)
            throws IOException, InterruptedException {
        new JarChecks(work, this, observed, checks).run();
        if (observed.instance().isPresent()) {
            checkShown(observed.instance().get(), checks);
        }
        check(observed.instance(), checks);
    }

    /** Looks at what stands in the way of any work on a node of this kind. */
    public abstract void check(Optional<Instance> running, CheckList checks) throws IOException, InterruptedException;

    /** Looks for variables of what runs that others could read while Uplift starts it, or a command of it. */
    public final void checkShown(Instance running, CheckList checks) throws IOException {
        List<String> shown = ShellVariables.shown(lasting(host.processes().environment(identity(running))));
        if (!shown.isEmpty()) {
            checks.warn(
                    HOW_STARTED,
                    "for the moment in which Uplift starts "
                            + (hasOwnCommandLine() ? "a command of it, such as one that migrates down," : "it")
                            + " every user of its host can read " + String.join(", ", shown)
                            + ", because no shell can hand on variables of such names; keep secrets in others");
        }
    }

    @Override
    public final void register(Fence.Held held, Observation observed)
            throws IOException, InterruptedException, FencedException {
        if (observed.launch().isPresent()) {
            LaunchFile.write(held, directory(), observed.launch().get());
        }
    }

    @Override
    public final void capture(NodeWork work, Observation observed)
            throws IOException, InterruptedException, FencedException {
        if (observed.launch().isPresent() && !observed.launch().equals(observed.launchBefore())) {
            work.runFenced(
                    SwapEffect.PREFLIGHT_LAUNCH,
                    held -> LaunchFile.write(
                            held, directory(), observed.launch().get()));
        }
    }

    @Override
    public final void requireAsChecked(NodeWork work, Instance instance) throws IOException {
        Optional<String> expected = work.command().from().sha256(spec);
        if (expected.isPresent() && !sha256(instance).equals(expected.get())) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED, instance + " runs another JAR than the one that was checked");
        }
        Launch launch = launch();
        RunningProcess process = host.processes()
                .find(identity(instance).pid())
                .orElseThrow(() ->
                        StepFailure.retryable(ErrorCode.INTERFERED, instance + " has ended while it was looked at"));
        Map<String, String> environment = lasting(host.processes().environment(process.identity()));
        boolean sameArguments = launch.argv()
                .subList(1, launch.argv().size())
                .equals(process.argv().subList(1, process.argv().size()));
        if (!sameArguments || !launch.environment().equals(environment) || launch.uid() != process.uid()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    instance
                            + " was started in another way than the one that was checked (command line, environment or"
                            + " user)");
        }
    }

    @Override
    public final void requireTarget(NodeWork work) throws IOException {
        new Releases(work, this).requireTarget();
    }

    @Override
    public final void stage(NodeWork work) throws IOException, InterruptedException, FencedException {
        new Releases(work, this).stage();
    }

    @Override
    public final void unstage(NodeWork work) throws IOException, InterruptedException, FencedException {
        new Releases(work, this).unstage();
    }

    @Override
    public final void switchOver(NodeWork work) throws IOException, InterruptedException, FencedException {
        new Switching(work, this).over();
    }

    @Override
    public final void revert(NodeWork work) throws IOException, InterruptedException, FencedException {
        new Switching(work, this).back();
    }

    @Override
    public Optional<String> remains() throws IOException, InterruptedException {
        if (!host.processes().isListenedOn(port())) {
            return Optional.empty();
        }
        List<RunningProcess> holders = host.processes().listeningOn(port());
        return Optional.of("port " + port() + " is still listened on by "
                + (holders.isEmpty() ? "somebody" : RunningProcess.names(holders)));
    }

    /** What it writes: this output, and the file that its errors go to where that is another one. */
    protected final NodeLog withErrors(NodeLog output, Launch launch) {
        return launch.errorFile() == null
                ? output
                : new BothLogs(output, new FileLog(host, Path.of(launch.errorFile()), Scrubber.of(launch)));
    }

    @Override
    public final String startedBy(Instance instance) throws IOException {
        return host.processes()
                .find(identity(instance).pid())
                .map(process -> "process " + process.parentPid())
                .orElse("somebody");
    }

    @Override
    public final CommandEnd runOnce(NodeWork work, ApplicationVersion version, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException, FencedException {
        Launch launch = launch();
        List<String> commandLine = new JavaStart(work, this).commandLine(launch, version);
        List<String> argv = new ArrayList<>(commandLine.subList(0, commandLine.indexOf("-jar") + 1));
        argv.add(new Releases(work, this).jarOf(work.targetSha256()).toString());
        argv.addAll(arguments);
        Exec command = Exec.of(launch.withArgv(argv), host.uid(), atMost);
        Exec.Result ended = work.callLocked(SwapEffect.COMMAND_RUN, () -> host.run(command));
        return new CommandEnd(ended.succeeded(), Scrubber.of(launch).scrub(ended.output() + ended.errors()));
    }

    @Override
    public final void commit(NodeWork work) throws IOException, InterruptedException, FencedException {
        new Releases(work, this).retire();
    }

    /**
     * How it is started.
     *
     * @throws StepFailure if nobody has written it down
     */
    protected final Launch launch() throws IOException {
        return LaunchFile.read(host, directory())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        LaunchFile.of(directory()) + " is missing; register the application again"));
    }

    /** Whether what starts it has a command line of its own, which is not Uplift's to change. */
    protected boolean hasOwnCommandLine() {
        return false;
    }

    /** Of an environment, what is the same for every start. */
    protected Map<String, String> lasting(Map<String, String> environment) {
        return environment;
    }

    /** How a process of this node was started. */
    private Launch captured(RunningProcess process, Profile profile, Optional<Launch> before)
            throws IOException, InterruptedException {
        Launch launch = LaunchCapture.of(host, process, directory(), profile, before);
        return launch.withEnvironment(lasting(launch.environment()));
    }

    /** A process as a start of the application. */
    protected static Instance instance(RunningProcess process) {
        return new Instance(process.pid() + ":" + process.identity().startTicks(), "process " + process.pid());
    }

    /** The process that a start is. */
    public static ProcessIdentity identity(Instance instance) {
        String[] parts = instance.identity().split(":", -1);
        return new ProcessIdentity(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    private VersionReading version(Profile profile, Path jar) throws IOException {
        try (JarFileEntries entries = new JarFileEntries(host, jar)) {
            return profile.jarIdentity(entries);
        }
    }

    /** The JAR that a process has open; the one in its place where the process cannot be looked into. */
    private Path runningJar(ProcessIdentity process) throws IOException {
        Optional<Path> open =
                host.processes().openFile(process, path -> path.startsWith(directory()) && path.endsWith(spec.jar()));
        return open.isPresent() ? open.get() : layout.jar();
    }

    private boolean isOurs(RunningProcess process) {
        if (process.jar().isEmpty()) {
            return false;
        }
        try {
            Path jar = Path.of(process.directory().orElse("/"))
                    .resolve(process.jar().get())
                    .normalize();
            return jar.equals(directory().resolve(spec.jar()))
                    || (jar.endsWith(spec.jar())
                            && (jar.startsWith(directory().resolve("releases"))
                                    || jar.startsWith(directory().resolve("current"))));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
