/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import dev.uplift.host.DurableFiles;
import dev.uplift.host.Exec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.HostLostException;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A service of systemd on a host.
 *
 * <p>While it is held nobody but this starts it: a drop-in in {@code /etc}, which outlives a boot, makes
 * every start depend on a file in {@code /run}, which does not, and turns {@code Restart=} off. Neither a
 * boot, nor another unit that wants it, nor a person's {@code systemctl start} starts it then; {@code mask}
 * would not do, because it cannot mask a unit whose file is in {@code /etc} itself.
 */
final class SystemdUnit {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]*\\.service");
    private static final Path UNITS = Path.of("/etc/systemd/system");
    private static final Path STARTS = Path.of("/run/uplift");
    private static final String DROP_IN = "zz-uplift.conf";
    private static final int DROP_IN_BYTES_MAX = 65_536;
    private static final Duration ANSWER_MAX = Duration.ofSeconds(30);
    private static final List<String> PROPERTIES = List.of(
            "Id",
            "LoadState",
            "Type",
            "DynamicUser",
            "RootDirectory",
            "RootImage",
            "PrivateNetwork",
            "NetworkNamespacePath",
            "Group",
            "SupplementaryGroups",
            "EnvironmentFiles",
            "RefuseManualStart",
            "RefuseManualStop",
            "ActiveState",
            "Result",
            "MainPID",
            "InvocationID",
            "ExecMainCode",
            "ExecMainStatus",
            "ConditionResult",
            "ControlGroup",
            "DropInPaths",
            "NeedDaemonReload",
            "StandardOutput",
            "TimeoutStopUSec",
            "Restart",
            "UnitFileState",
            "User",
            "WorkingDirectory");

    private final Host host;
    private final String name;

    private SystemdUnit(Host host, String name) {
        this.host = host;
        this.name = name;
    }

    /**
     * The unit of this name.
     *
     * @throws UnexpectedPathException if no service can have this name; nothing was asked on the host
     */
    static SystemdUnit of(Host host, String name) throws UnexpectedPathException {
        if (!NAME.matcher(name).matches() || name.length() > 255) {
            throw new UnexpectedPathException("'" + name.replaceAll("\\p{Cntrl}", "?")
                    + "' is not the name of a service, such as metabase.service");
        }
        if (name.endsWith("@.service")) {
            throw new UnexpectedPathException(name + " is a template; name the unit that was made of it, such as "
                    + name.replace("@.", "@main."));
        }
        return new SystemdUnit(host, name);
    }

    String name() {
        return name;
    }

    /** What systemd knows of it at one moment; of a property with several values each is a line. */
    record State(Map<String, String> properties) {
        State {
            properties = Map.copyOf(properties);
        }

        String get(String property) {
            return properties.getOrDefault(property, "");
        }

        boolean isLoaded() {
            return get("LoadState").equals("loaded");
        }

        /** Why {@link #isLoaded} is false, for a person. */
        String absence(String name) {
            return get("LoadState").equals("masked")
                    ? name + " is masked, so that nobody can start it; run systemctl unmask " + name
                    : "systemd has no unit " + name + " (" + get("LoadState")
                            + "); systemctl list-units --type=service lists those of the host";
        }

        /** Whether somebody has stopped it and nobody has asked for a start since, which {@link #hold} would refuse. */
        boolean isLeftDown() {
            return wasTerminated() && !get("ConditionResult").equals("no");
        }

        /** Whether it neither runs, nor begins or ends to. */
        boolean isDown() {
            return get("ActiveState").equals("inactive") || get("ActiveState").equals("failed");
        }

        long mainPid() {
            String pid = get("MainPID");
            return pid.isEmpty() ? 0 : Long.parseLong(pid);
        }

        /** Whether what ran last was asked to end: by {@code systemctl}, a person, or a host that goes down. */
        boolean wasTerminated() {
            boolean exited =
                    get("ExecMainCode").equals("1") && get("ExecMainStatus").equals("143");
            boolean killed =
                    get("ExecMainCode").equals("2") && get("ExecMainStatus").equals("15");
            return isDown() && (exited || killed);
        }
    }

    State state() throws IOException, InterruptedException {
        Map<String, String> properties = new HashMap<>();
        systemctl("show", "--property=" + String.join(",", PROPERTIES), "--", name)
                .lines()
                .forEach(line -> {
                    int equals = line.indexOf('=');
                    if (equals > 0) {
                        properties.merge(
                                line.substring(0, equals),
                                line.substring(equals + 1),
                                (before, next) -> before + "\n" + next);
                    }
                });
        return new State(properties);
    }

    /** Whether its host goes down, which stops every unit of it. */
    boolean isHostStopping() throws IOException, InterruptedException {
        return host.run(command("is-system-running")).output().strip().equals("stopping");
    }

    /** For what cannot be done or told because of {@link #isHostStopping}. */
    HostLostException hostLost() {
        return new HostLostException("the host of " + name + " is being shut down");
    }

    /** Whether it is held, and systemd knows. It is not while {@link #start} has not taken effect, or was cut off. */
    boolean isHeld() throws IOException, InterruptedException {
        State state = state();
        return !host.files().exists(start())
                && dropInText().equals(text())
                && List.of(state.get("DropInPaths").split(" ", -1)).contains(dropIn().toString())
                && !state.get("NeedDaemonReload").equals("yes");
    }

    /** Whether anything of {@link #hold} is there. */
    boolean hasTraces() throws IOException {
        return host.files().exists(dropIn()) || host.files().exists(start());
    }

    /** See the type; does nothing more if it is held. */
    void hold(Fence.Held held) throws IOException, InterruptedException, FencedException {
        held.createDirectory(directory(), DurableFiles.READABLE_DIRECTORY);
        held.write(dropIn(), text().getBytes(StandardCharsets.UTF_8), DurableFiles.READABLE);
        held.delete(start());
        change(held, "daemon-reload");
    }

    /**
     * Lets others start it again. It is running then, or being started: the host may have been started anew since it
     * served, and has passed over what was held. Only what a person has stopped, and not started, stays so.
     */
    void release(Fence.Held held) throws IOException, InterruptedException, FencedException {
        held.delete(dropIn());
        if (host.files().isDirectory(directory())
                && host.files().list(directory()).isEmpty()) {
            held.delete(directory());
        }
        held.delete(start());
        change(held, "daemon-reload");
        if (!state().isLeftDown()) {
            change(held, "start", "--no-block", "--", name);
        }
    }

    /** Begins to stop it. If a start was cut off, nobody else may finish it any more. */
    void stop(Fence.Held held) throws IOException, InterruptedException, FencedException {
        held.delete(start());
        change(held, "stop", "--no-block", "--", name);
    }

    /** Ends all its processes. */
    void kill(Fence.Held held) throws IOException, InterruptedException, FencedException {
        change(held, "kill", "--signal=KILL", "--", name);
    }

    /** Begins to start it, held or not. */
    void start(Fence.Held held) throws IOException, InterruptedException, FencedException {
        held.createDirectory(STARTS, DurableFiles.OWNER_ONLY_DIRECTORY);
        held.write(start(), new byte[0], DurableFiles.OWNER_ONLY);
        held.run(command("reset-failed", "--", name));
        change(held, "start", "--no-block", "--", name);
    }

    /** Nobody else may start it any more: to be called when {@link #start} has taken effect. */
    void startedOrNot(Fence.Held held) throws IOException, FencedException {
        held.delete(start());
    }

    private void change(Fence.Held held, String... words) throws IOException, InterruptedException, FencedException {
        Exec.Result result = held.run(command(words));
        if (!result.succeeded()) {
            throw failure(result, words);
        }
    }

    private String systemctl(String... words) throws IOException, InterruptedException {
        Exec.Result result = host.run(command(words));
        if (!result.succeeded()) {
            throw failure(result, words);
        }
        return result.output();
    }

    /** A host that goes down refuses everything. */
    private IOException failure(Exec.Result result, String... words) throws IOException, InterruptedException {
        if (isHostStopping()) {
            return hostLost();
        }
        return new UnexpectedPathException("systemctl " + words[0] + " failed: "
                + result.errors().replaceAll("\\p{Cntrl}", " ").strip());
    }

    private static Exec command(String... words) {
        String[] all = new String[words.length + 3];
        all[0] = "systemctl";
        all[1] = "--no-ask-password";
        all[2] = "--no-pager";
        System.arraycopy(words, 0, all, 3, words.length);
        return Exec.of(ANSWER_MAX, all);
    }

    private String dropInText() throws IOException {
        try {
            return new String(host.files().read(dropIn(), DROP_IN_BYTES_MAX), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return "";
        }
    }

    private Path directory() {
        return UNITS.resolve(name + ".d");
    }

    private Path dropIn() {
        return directory().resolve(DROP_IN);
    }

    private Path start() {
        return STARTS.resolve(name + ".start");
    }

    private String text() {
        return """
                # Uplift is upgrading this application, has parked it, or has upgraded the others without this node:
                # until that is over only Uplift starts it. It takes this file away itself. After an upgrade without it:
                # mend what kept it from starting; the next upgrade starts it. To start it before, delete this file and
                # run systemctl daemon-reload.
                [Unit]
                ConditionPathExists=%s
                [Service]
                Restart=no
                """.formatted(start());
    }
}
