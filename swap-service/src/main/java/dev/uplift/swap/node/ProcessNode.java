package dev.uplift.swap.node;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.swap.StepFailedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** An application that runs as {@code java -jar x.jar} in a directory of a host. */
public final class ProcessNode {
    private static final int HTTP_PORT = 80;
    private static final Pattern JAR_NAME = Pattern.compile("(?!current$|releases$)[^./\\p{Cntrl}][^/\\p{Cntrl}]*");

    private final Host host;
    private final NodeSpec spec;
    private final RegisteredRoot root;
    private final Layout layout;

    /**
     * The node at its registered place.
     *
     * @throws UnexpectedPathException if the directory is not, or no longer, a canonical path
     */
    public ProcessNode(Host host, NodeSpec spec) throws IOException {
        this.host = host;
        this.spec = spec;
        this.root = RegisteredRoot.of(host.files(), spec.directory());
        if (!JAR_NAME.matcher(spec.jar()).matches()) {
            throw new UnexpectedPathException("'" + spec.jar() + "' is not the file name of a JAR");
        }
        this.layout = new Layout(host.files(), root, spec.jar());
    }

    public Host host() {
        return host;
    }

    public NodeSpec spec() {
        return spec;
    }

    public RegisteredRoot root() {
        return root;
    }

    public Path directory() {
        return root.path();
    }

    public Layout layout() {
        return layout;
    }

    /** Where it answers HTTP. */
    public int port() {
        int port = spec.baseUrl().getPort();
        return port > 0 ? port : HTTP_PORT;
    }

    /** The fence that everything is behind that may be done to it. */
    public Fence fence() {
        return host.fence(directory());
    }

    /** Where it answers HTTP, as reached from here. */
    public URI answersAt() throws IOException {
        URI url = spec.baseUrl();
        InetSocketAddress reached = host.reach(url.getHost(), port());
        try {
            return new URI(
                    url.getScheme(), null, reached.getHostString(), reached.getPort(), url.getPath(), null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("an address was made of an address", e);
        }
    }

    /** All processes that run this application's JAR, its commands such as migrations included. */
    public List<RunningProcess> running() throws IOException {
        return host.processes().runningJars().stream().filter(this::isOurs).toList();
    }

    /**
     * The one process of this node; empty if none runs.
     *
     * @throws StepFailedException if there are several
     */
    public Optional<RunningProcess> onlyRunning() throws IOException, StepFailedException {
        List<RunningProcess> running = running();
        if (running.size() > 1) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    running.size() + " processes run " + spec.jar() + " in " + directory() + ": " + pids(running)
                            + "; one is expected");
        }
        return running.stream().findFirst();
    }

    /**
     * The JAR that a process has open, which need not be the one in its place by now; that one where the
     * process cannot be looked into.
     */
    public Path runningJar(RunningProcess process) throws IOException {
        Optional<Path> open = host.processes()
                .openFile(process.identity(), path -> path.startsWith(directory()) && path.endsWith(spec.jar()));
        return open.isPresent() ? open.get() : layout.jar();
    }

    /** The hash of {@link #runningJar}. */
    public String runningSha256(RunningProcess process) throws IOException {
        return host.files().digest(runningJar(process)).sha256();
    }

    /**
     * How it is started.
     *
     * @throws StepFailedException if nobody has written it down
     */
    public Launch launch() throws IOException, StepFailedException {
        return LaunchFile.read(host, directory())
                .orElseThrow(() -> StepFailedException.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        LaunchFile.of(directory()) + " is missing; register the application again"));
    }

    /** The pids of some processes, for a person. */
    public static String pids(List<RunningProcess> processes) {
        return String.join(
                ", ",
                processes.stream().map(process -> Long.toString(process.pid())).toList());
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
