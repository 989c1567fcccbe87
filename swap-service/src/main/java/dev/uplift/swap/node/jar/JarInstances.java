/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.HostProcesses;
import dev.uplift.host.ProcessIdentity;
import dev.uplift.host.RunningProcess;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Instances;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The processes of a node that is a JAR in a directory. */
public abstract class JarInstances implements Instances {
    private final JarNode node;

    protected JarInstances(JarNode node) {
        this.node = node;
    }

    @Override
    public final List<Instance> running() throws IOException {
        return processes().stream().map(JarInstances::instance).toList();
    }

    /** The processes that {@link #running} are. */
    final List<RunningProcess> processes() throws IOException {
        return hostProcesses().runningJars().stream().filter(this::isOurs).toList();
    }

    @Override
    public final boolean runs(Instance instance) throws IOException {
        return hostProcesses().runs(identity(instance));
    }

    @Override
    public final String sha256(Instance instance) throws IOException {
        return node.host().files().digest(jar(identity(instance))).sha256();
    }

    @Override
    public final String startedBy(Instance instance) throws IOException {
        return hostProcesses()
                .find(identity(instance).pid())
                .map(process -> "process " + process.parentPid())
                .orElse("somebody");
    }

    @Override
    public Optional<String> remains() throws IOException, InterruptedException {
        int port = node.port();
        if (!hostProcesses().isListenedOn(port)) {
            return Optional.empty();
        }
        List<RunningProcess> holders = hostProcesses().listeningOn(port);
        return Optional.of("port " + port + " is still listened on by "
                + (holders.isEmpty() ? "somebody" : RunningProcess.names(holders)));
    }

    /** The JAR that a process has open; the one in its place where the process cannot be looked into. */
    final Path jar(ProcessIdentity process) throws IOException {
        Optional<Path> open = hostProcesses()
                .openFile(
                        process,
                        path -> path.startsWith(node.directory())
                                && path.endsWith(node.spec().jar()));
        return open.isPresent() ? open.get() : node.layout().jar();
    }

    /** A process as a start of the application. */
    static Instance instance(RunningProcess process) {
        return new Instance(process.pid() + ":" + process.identity().startTicks(), "process " + process.pid());
    }

    /** The process that a start is. */
    public static ProcessIdentity identity(Instance instance) {
        String[] parts = instance.identity().split(":", -1);
        return new ProcessIdentity(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    private HostProcesses hostProcesses() {
        return node.host().processes();
    }

    private boolean isOurs(RunningProcess process) {
        if (process.jar().isEmpty()) {
            return false;
        }
        try {
            String name = node.spec().jar();
            Path jar = Path.of(process.directory().orElse("/"))
                    .resolve(process.jar().get())
                    .normalize();
            return jar.equals(node.directory().resolve(name))
                    || (jar.endsWith(name)
                            && (jar.startsWith(node.directory().resolve("releases"))
                                    || jar.startsWith(node.directory().resolve("current"))));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
