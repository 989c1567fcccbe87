package dev.uplift.host;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * Starts an application so that it belongs to nobody: a session of its own, no terminal, no parent of
 * ours. It outlives this process, this process's group and its service unit's stop signal.
 */
public final class DetachedStart {
    private static final Duration HANDOVER = Duration.ofSeconds(10);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private DetachedStart() {}

    /**
     * Starts it with exactly its argv, environment, directory and, where this process may change it, user.
     * Its output is appended to its log file. The caller has made sure that it does not run yet.
     *
     * @return the process; empty if it had ended before it could be seen, then its log says why
     * @throws IOException if it cannot be started at all: no such program or directory, a log file that
     *     is a symbolic link, another user than this process may become, text this process cannot hand on
     */
    public static Optional<RunningProcess> start(Launch launch) throws IOException, InterruptedException {
        requireRepresentable(launch);
        Path log = Path.of(launch.logFile());
        prepareLog(log, launch);
        List<String> command = new ArrayList<>(List.of("setsid", "--fork"));
        if (ownUid() == 0 && (launch.uid() != 0 || launch.gid() != 0)) {
            command.addAll(List.of("setpriv", "--reuid=" + launch.uid(), "--regid=" + launch.gid()));
            command.add(
                    launch.groups().isEmpty()
                            ? "--clear-groups"
                            : "--groups="
                                    + launch.groups().stream()
                                            .map(String::valueOf)
                                            .collect(Collectors.joining(",")));
            command.add("--");
        } else if (ownUid() != launch.uid()) {
            throw new UnexpectedPathException(
                    "the application runs as " + launch.user() + ", and only root can start it as another user");
        }
        command.addAll(launch.argv());

        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of(launch.directory()).toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(launch.environment());
        Process handover = builder.start();
        if (!handover.waitFor(HANDOVER.toNanos(), TimeUnit.NANOSECONDS)) {
            handover.destroyForcibly();
            throw new IOException("setsid did not hand the application over in " + HANDOVER.toSeconds() + " s");
        }
        if (handover.exitValue() != 0) {
            throw new IOException("setsid failed with exit code " + handover.exitValue());
        }
        return awaitProgram(launch);
    }

    /** Until the last program of the chain runs: then its user and its program are the application's own. */
    private static Optional<RunningProcess> awaitProgram(Launch launch) {
        long deadline = System.nanoTime() + HANDOVER.toNanos();
        Optional<RunningProcess> seen = Optional.empty();
        do {
            seen = seen.isPresent()
                    ? Processes.find(seen.get().pid())
                    : Processes.runningJarIn(Path.of(launch.directory())).stream()
                            .filter(process ->
                                    process.argv().size() >= launch.argv().size())
                            .findFirst();
            if (seen.isEmpty() || seen.get().argv().equals(launch.argv())) {
                return seen;
            }
            LockSupport.parkNanos(POLL_NANOS);
        } while (System.nanoTime() - deadline < 0);
        return seen;
    }

    private static void prepareLog(Path log, Launch launch) throws IOException {
        if (Files.isSymbolicLink(log)) {
            throw new UnexpectedPathException(
                    log + " is a symbolic link; the application's output is not written there");
        }
        if (!Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
            DurableFiles.write(log, new byte[0], DurableFiles.READABLE);
            chown(log, launch.uid(), launch.gid());
        }
    }

    /** Gives a file, not what it links to, to a user. Does nothing where this process is not root. */
    public static void chown(Path path, long uid, long gid) throws IOException {
        if (ownUid() == 0) {
            Files.setAttribute(path, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS);
            Files.setAttribute(path, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
        }
    }

    /** The user that this process runs as. */
    public static long ownUid() throws IOException {
        return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
    }

    private static void requireRepresentable(Launch launch) throws IOException {
        Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        boolean representable = launch.argv().stream().allMatch(text -> encodable(charset, text))
                && launch.environment().entrySet().stream()
                        .allMatch(entry -> encodable(charset, entry.getKey()) && encodable(charset, entry.getValue()));
        if (!representable) {
            throw new UnexpectedPathException(
                    "the application's command line or environment is not plain ASCII, and this"
                            + " service runs in the locale '" + charset + "': start it with LC_ALL=C.UTF-8");
        }
    }

    private static boolean encodable(Charset charset, String text) {
        return charset.newEncoder().canEncode(text);
    }
}
