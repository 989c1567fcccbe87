/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Scrubber;
import dev.uplift.host.ShellVariables;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.InPlace;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.LaunchRecord;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeAddress;
import dev.uplift.swap.node.NodeData;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.OneOffCommands;
import dev.uplift.swap.node.ReachableUrl;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** An application that runs as {@code java -jar x.jar} in a directory of a host, whoever starts it there. */
public abstract class JarNode implements Node {
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
        return ReachableUrl.port(spec.baseUrl());
    }

    @Override
    public final NodeAddress address(Profile profile) throws IOException {
        return new NodeAddress.At(ReachableUrl.of(host, spec.baseUrl()));
    }

    @Override
    public final void requireUnmoved() throws IOException {
        root.requireUnmoved();
    }

    @Override
    public abstract JarInstances instances();

    @Override
    public final InPlace inPlace() {
        return new JarInPlace(this);
    }

    @Override
    public final LaunchRecord launchRecord() {
        return new JarLaunchRecord(this);
    }

    @Override
    public final NodeData data() {
        return new JarData(this);
    }

    @Override
    public final OneOffCommands commands() {
        return new JarCommands(this);
    }

    @Override
    public final Observation observe(Profile profile, NodeProbe probe) throws IOException, InterruptedException {
        List<RunningProcess> running = instances().processes();
        if (running.size() > 1) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    running.size() + " processes run " + spec.jar() + " in " + directory() + ": "
                            + RunningProcess.names(running) + "; one is expected");
        }
        Optional<RunningProcess> process = running.stream().findFirst();
        Optional<Launch> before = LaunchFile.read(host, directory());
        Path jar = process.isPresent() ? instances().jar(process.get().identity()) : layout.jar();
        return new Observation(
                process.map(JarInstances::instance),
                process.isPresent() ? Optional.of(captured(process.get(), profile, before)) : before,
                before,
                probe.health(profile, address(profile)),
                probe.version(profile, address(profile)),
                new JarInPlace(this).version(profile, jar),
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
        List<String> shown =
                ShellVariables.shown(lasting(host.processes().environment(JarInstances.identity(running))));
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

    /** What it writes: this output, and the file that its errors go to where that is another one. */
    protected final NodeLog withErrors(NodeLog output, Launch launch) {
        return launch.errorFile() == null
                ? output
                : new BothLogs(output, new FileLog(host, Path.of(launch.errorFile()), Scrubber.of(launch)));
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
}
