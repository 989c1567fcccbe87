/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Scrubber;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.HostAwareness;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Supervision;
import dev.uplift.swap.node.jar.FileLog;
import dev.uplift.swap.node.jar.JarInstances;
import dev.uplift.swap.node.jar.JarNode;
import dev.uplift.swap.node.jar.LaunchCapture;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A JAR that a unit of systemd starts, as the unit's user and with the unit's environment. */
public final class SystemdNode extends JarNode implements Autostart, HostAwareness {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration START_WAIT = Duration.ofSeconds(30);
    private static final int CGROUP_BYTES_MAX = 65_536;

    /** Differs for each boot of a kernel; a container that is a host has that of its machine, but an init of its own. */
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private static final int BOOT_BYTES_MAX = 100;
    private static final long INIT = 1;

    /** What systemd gives to each start anew. */
    private static final List<String> OF_ONE_START = List.of(
            "INVOCATION_ID",
            "JOURNAL_STREAM",
            "SYSTEMD_EXEC_PID",
            "NOTIFY_SOCKET",
            "MAINPID",
            "WATCHDOG_PID",
            "MEMORY_PRESSURE_WATCH",
            "MEMORY_PRESSURE_WRITE");

    private final SystemdUnit unit;

    /** The node at its registered place; see {@link JarNode}. Fails also if no unit can have this name. */
    public SystemdNode(Host host, NodeSpec.Systemd spec) throws IOException {
        this(host, spec, SystemdUnit.of(host, spec.unit()));
    }

    private SystemdNode(Host host, NodeSpec.Systemd spec, SystemdUnit unit) throws IOException {
        super(host, spec);
        this.unit = unit;
    }

    @Override
    public JarInstances instances() {
        return new UnitInstances(this, unit);
    }

    @Override
    public String place() {
        return unit.name() + " in " + directory();
    }

    @Override
    protected boolean hasOwnCommandLine() {
        return true;
    }

    @Override
    protected Map<String, String> lasting(Map<String, String> environment) {
        Map<String, String> lasting = new HashMap<>(environment);
        OF_ONE_START.forEach(lasting::remove);
        return lasting;
    }

    /** {@inheritDoc} It is whether the unit can be worked on, and is what runs this. */
    @Override
    public void check(Optional<Instance> running, CheckList checks) throws IOException, InterruptedException {
        Optional<Instance> stranger = running.isPresent() && !isOfUnit(running.get()) ? running : Optional.empty();
        new UnitChecks(host(), unit, unit.state(), layout().jar()).run(stranger, checks);
    }

    @Override
    public void hold(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        if (!unit.isHeld()) {
            work.runFenced(effect, held -> unit.hold(held));
        }
    }

    @Override
    public void release(NodeWork work, SwapEffect effect) throws IOException, InterruptedException, FencedException {
        if (unit.hasTraces()) {
            work.runFenced(effect, held -> unit.release(held));
        }
    }

    @Override
    public Optional<String> hostRun() throws IOException {
        String boot = new String(host().files().read(BOOT, BOOT_BYTES_MAX), StandardCharsets.UTF_8).strip();
        return host().processes()
                .find(INIT)
                .map(init -> boot + ":" + init.identity().startTicks());
    }

    @Override
    public boolean endedWithHost(@Nullable String startedIn) throws IOException, InterruptedException {
        return startedIn != null
                && unit.state().isDown()
                && hostRun().filter(present -> !present.equals(startedIn)).isPresent();
    }

    /** {@inheritDoc} systemd forgets an invocation with the boot, and that of a disabled unit which has ended before it. */
    @Override
    public String lastStart() throws IOException, InterruptedException {
        return hostRun().orElse("") + " " + unit.state().get("InvocationID");
    }

    /**
     * {@inheritDoc}
     *
     * <p>{@code systemctl start} returns long before the application serves, and its answer says nothing of
     * it. {@code Restart=} is off, so that a start which fails is seen as one and not as a loop.
     */
    @Override
    public Optional<Instance> start(NodeWork work, SwapEffect effect, ApplicationVersion version)
            throws IOException, InterruptedException, FencedException {
        Optional<String> remains = instances().remains();
        if (remains.isPresent()) {
            throw StepFailure.retryable(ErrorCode.HOST_UNEXPECTED, remains.get());
        }
        hold(work, effect);
        String before = unit.state().get("InvocationID");
        return work.callFenced(effect, held -> start(held, before));
    }

    private Optional<Instance> start(Fence.Held held, String before)
            throws IOException, InterruptedException, FencedException {
        try {
            unit.start(held);
            Deadline deadline = Deadline.in(START_WAIT);
            while (true) {
                SystemdUnit.State state = unit.state();
                Optional<Instance> instance = instances().running().stream().findFirst();
                if (instance.isPresent()) {
                    return instance;
                }
                boolean began = !state.get("InvocationID").isEmpty()
                        && !state.get("InvocationID").equals(before);
                if (began && state.isDown()) {
                    return Optional.empty();
                }
                if (deadline.passed()) {
                    throw new IOException(unit.name() + " was not started: it is " + state.get("ActiveState")
                            + ", conditions met: " + state.get("ConditionResult"));
                }
                // systemctl returns before the unit is anything: what became of it can only be looked for.
                Thread.sleep(POLL);
            }
        } finally {
            unit.startedOrNot(held);
        }
    }

    @Override
    public NodeLog log() throws IOException {
        Launch launch = launch();
        Scrubber scrubber = Scrubber.of(launch);
        return withErrors(
                launch.logFile().equals(LaunchCapture.fallbackLog(directory()))
                        ? new JournalLog(host(), unit.name(), scrubber)
                        : new FileLog(host(), Path.of(launch.logFile()), scrubber),
                launch);
    }

    /** Not one that has ended since it was seen: nobody can be asked any more what started it. */
    @Override
    public boolean isStray(Instance instance) throws IOException {
        try {
            return !isOfUnit(instance);
        } catch (FileSystemException e) {
            if (instances().runs(instance)) {
                throw e;
            }
            return false;
        }
    }

    private boolean isOfUnit(Instance instance) throws IOException {
        return isOfUnit(host(), JarInstances.identity(instance).pid(), unit.name());
    }

    private static boolean isOfUnit(Host host, long pid, String unit) throws IOException {
        Path cgroup = Path.of("/proc", Long.toString(pid), "cgroup");
        return new String(host.files().read(cgroup, CGROUP_BYTES_MAX), StandardCharsets.UTF_8)
                .lines()
                .anyMatch(line -> line.endsWith("/" + unit) || line.contains("/" + unit + "/"));
    }

    /**
     * The process of the unit that runs a JAR, for who registers it; empty if none does.
     *
     * @throws UnexpectedPathException if there is no such unit, several of its processes run JARs, or it is none that can be
     *     worked on
     */
    public static Optional<RunningProcess> process(Host host, String name) throws IOException, InterruptedException {
        SystemdUnit.State state = SystemdUnit.of(host, name).state();
        if (!state.isLoaded()) {
            throw new UnexpectedPathException(state.absence(name));
        }
        if (state.mainPid() == 0) {
            return Optional.empty();
        }
        Optional<RunningProcess> main = host.processes().find(state.mainPid());
        Optional<String> unsupported = UnitChecks.unsupported(
                name, state, main.flatMap(RunningProcess::directory).orElse("/"));
        if (unsupported.isPresent()) {
            throw new UnexpectedPathException(unsupported.get());
        }
        if (main.isPresent() && main.get().jar().isPresent()) {
            return main;
        }
        List<RunningProcess> jars = new ArrayList<>();
        for (RunningProcess process : host.processes().runningJars()) {
            if (isOfUnit(host, process.pid(), name)) {
                jars.add(process);
            }
        }
        if (jars.size() > 1) {
            throw new UnexpectedPathException(
                    name + " runs several JARs: " + RunningProcess.names(jars) + "; one is expected");
        }
        return jars.stream().findFirst();
    }

    /** The unit that started a process and starts it again when it ends; empty: none does. */
    public static Optional<String> unitOf(Host host, RunningProcess process) throws IOException, InterruptedException {
        Optional<String> unit = Supervision.of(host, process).unit();
        if (unit.isEmpty()) {
            return unit;
        }
        long main = SystemdUnit.of(host, unit.get()).state().mainPid();
        return main == process.pid() || (main != 0 && main == process.parentPid()) ? unit : Optional.empty();
    }
}
