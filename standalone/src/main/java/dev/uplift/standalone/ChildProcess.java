/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A child that is started again when it dies, after 0.5 s at first and doubling to 10 s while it keeps dying or
 * cannot be started. Its pid is kept in {@code run/<name>.pid} with its start time, so that the next supervisor can
 * end one that outlived this.
 */
final class ChildProcess implements AutoCloseable {
    private static final Duration BACKOFF_MIN = Duration.ofMillis(500);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(10);
    private static final Duration STABLE_AFTER = Duration.ofSeconds(5);
    private static final Duration STOP_GRACE = Duration.ofSeconds(20);
    private static final long LOG_BYTES_MAX = 20_000_000;

    private final String name;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Home home;
    private final AtomicInteger exits = new AtomicInteger();
    private final CountDownLatch closing = new CountDownLatch(1);
    private @Nullable Process process;

    ChildProcess(String name, List<String> command, Map<String, String> environment, Home home) {
        this.name = name;
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.home = home;
    }

    /** Ends the child of that name which an earlier supervisor left running, and waits until it has ended. */
    static void endLeftover(Home home, String name) throws IOException, InterruptedException {
        Path pidFile = home.pid(name);
        if (Files.exists(pidFile)) {
            Optional<Leftover> leftover = Leftover.parse(Files.readString(pidFile));
            if (leftover.isPresent()) {
                leftover.get().end(ProcessHandle::destroy);
            }
            Files.deleteIfExists(pidFile);
        }
    }

    String name() {
        return name;
    }

    /** How often it has exited unasked. */
    int exits() {
        return exits.get();
    }

    /**
     * Starts it, for as long as this is not closed.
     *
     * @throws IOException if it cannot be started the first time
     */
    void start() throws IOException {
        Optional<Process> first = launch();
        if (first.isPresent()) {
            Thread.ofPlatform().name("keep-" + name).daemon().start(() -> keep(first.get()));
        }
    }

    /** SIGTERM; SIGKILL if that is not enough. */
    @Override
    public void close() throws IOException {
        closing.countDown();
        Process running = last();
        if (running != null) {
            running.destroy();
            try {
                if (!running.waitFor(STOP_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                    running.destroyForcibly();
                }
            } catch (InterruptedException e) {
                running.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
        Files.deleteIfExists(home.pid(name));
    }

    private void keep(Process first) {
        Process current = first;
        Duration backoff = BACKOFF_MIN;
        try {
            while (true) {
                long begun = System.nanoTime();
                int exit = current.waitFor();
                if (closing.getCount() == 0) {
                    return;
                }
                exits.incrementAndGet();
                if (System.nanoTime() - begun > STABLE_AFTER.toNanos()) {
                    backoff = BACKOFF_MIN;
                }
                System.err.println(name + " exited with " + exit + ", starting it again in " + backoff.toMillis()
                        + " ms; see " + home.log(name));
                Optional<Process> next = Optional.empty();
                while (next.isEmpty()) {
                    if (closing.await(backoff.toMillis(), TimeUnit.MILLISECONDS)) {
                        return;
                    }
                    backoff =
                            backoff.multipliedBy(2).compareTo(BACKOFF_MAX) < 0 ? backoff.multipliedBy(2) : BACKOFF_MAX;
                    next = tryLaunch(backoff);
                }
                current = next.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A full disk, or a machine without memory for a process, must not end it for good. */
    private Optional<Process> tryLaunch(Duration backoff) {
        try {
            return launch();
        } catch (IOException | RuntimeException | Error e) {
            System.err.println(name + " cannot be started, trying again in " + backoff.toMillis() + " ms: " + e);
            return Optional.empty();
        }
    }

    /** Empty once this is closed. */
    private synchronized Optional<Process> launch() throws IOException {
        if (closing.getCount() == 0) {
            return Optional.empty();
        }
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.run().toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log().toFile()));
        builder.environment().putAll(environment);
        Process started = builder.start();
        try {
            Files.writeString(home.pid(name), Leftover.text(started.toHandle()));
        } catch (IOException e) {
            started.destroyForcibly();
            throw e;
        }
        process = started;
        return Optional.of(started);
    }

    /** Waits for a launch under way; after the closing there is none. */
    private synchronized @Nullable Process last() {
        return process;
    }

    /** The log, with what has become too long put aside in place of what was put aside before. */
    private Path log() throws IOException {
        Path log = home.log(name);
        if (Files.exists(log) && Files.size(log) > LOG_BYTES_MAX) {
            Files.move(log, home.log(name + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        return log;
    }
}
