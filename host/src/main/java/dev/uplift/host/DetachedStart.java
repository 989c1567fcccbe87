/* SPDX-License-Identifier: Apache-2.0 */
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

/**
 * Starts an application so that it outlives this process: a session of its own, no terminal, output to a file. A
 * signal to this process's group does not reach it.
 */
final class DetachedStart {
    /** What comes before all else to start an application in a session of its own. */
    static final String SESSION = "/usr/bin/setsid";

    private static final Duration HANDOVER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(5);

    private static final LocalProcesses PROCESSES = new LocalProcesses();

    private DetachedStart() {}

    /**
     * Starts it with exactly its argv, environment, directory and, where this process may change that, user and what it
     * inherits. Its output is appended to its log file. The caller has made sure that it does not run yet.
     *
     * @return the process; empty if it had ended before it could be seen, then its log says why
     * @throws IOException if it cannot be started at all: no such program or directory, a log file that
     *     is a symbolic link, another user than this process may become, text this process cannot hand on
     */
    static Optional<RunningProcess> start(Launch launch) throws IOException, InterruptedException {
        requireRepresentable(launch);
        Path log = prepareLog(launch.logFile(), launch);
        InheritedStart start = InheritedStart.of(launch, LocalFiles.ownUid());
        List<String> command = new ArrayList<>(List.of(SESSION));
        command.addAll(start.words());
        command.addAll(launch.argv());

        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of(launch.directory()).toFile())
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        if (launch.errorFile() == null) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(ProcessBuilder.Redirect.appendTo(
                    prepareLog(launch.errorFile(), launch).toFile()));
        }
        builder.environment().clear();
        builder.environment().putAll(InheritedStart.ENVIRONMENT);
        Process child = builder.start();
        boolean given = false;
        try {
            Exec.give(child, start.input());
            given = true;
        } finally {
            // Where there was no room for another thread it would wait for its environment for ever.
            if (!given) {
                child.destroyForcibly();
            }
        }
        return awaitProgram(child, launch);
    }

    /**
     * Until the last program of the chain runs under the child's pid: then its command line is the application's own.
     * In the middle of an exec a process has none for a moment, so only the kernel's word counts for its end. A JVM is in
     * another directory for a moment while it makes its performance data.
     */
    private static Optional<RunningProcess> awaitProgram(Process child, Launch launch)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + HANDOVER.toNanos();
        while (System.nanoTime() - deadline < 0) {
            Optional<RunningProcess> seen = PROCESSES.find(child.pid());
            if (seen.filter(process -> isApplication(process, launch)).isPresent()) {
                return seen;
            }
            if (child.waitFor(POLL.toNanos(), TimeUnit.NANOSECONDS)) {
                return Optional.empty();
            }
        }
        child.destroyForcibly();
        throw new IOException("the application was not handed over in " + HANDOVER.toSeconds() + " s");
    }

    private static boolean isApplication(RunningProcess process, Launch launch) {
        return process.argv().equals(launch.argv()) && process.directory().equals(Optional.of(launch.directory()));
    }

    private static Path prepareLog(String file, Launch launch) throws IOException {
        Path log = Path.of(file);
        if (Files.isSymbolicLink(log)) {
            throw new UnexpectedPathException(
                    log + " is a symbolic link; the application's output is not written there");
        }
        if (!Files.exists(log, LinkOption.NOFOLLOW_LINKS)) {
            DurableFiles.write(log, new byte[0], launch.inheritedOrUsual().fileMode());
            LocalFiles.chown(log, launch.uid(), launch.gid());
        }
        return log;
    }

    private static void requireRepresentable(Launch launch) throws IOException {
        Charset charset = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        if (!launch.argv().stream().allMatch(text -> encodable(charset, text))) {
            throw new UnexpectedPathException("the application's command line is not plain ASCII, and this"
                    + " service runs in the locale '" + charset + "': start it with LC_ALL=C.UTF-8");
        }
    }

    private static boolean encodable(Charset charset, String text) {
        return charset.newEncoder().canEncode(text);
    }
}
