package dev.uplift.standalone;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A child that is started again when it dies, after 0.5 s at first and doubling to 10 s while it keeps dying.
 * Its pid is kept in {@code run/<name>.pid} with its start time, so that the next supervisor can end one that
 * outlived this.
 */
final class ChildProcess implements AutoCloseable {
    private static final Duration BACKOFF_MIN = Duration.ofMillis(500);
    private static final Duration BACKOFF_MAX = Duration.ofSeconds(10);
    private static final Duration STABLE_AFTER = Duration.ofSeconds(5);
    private static final Duration STOP_GRACE = Duration.ofSeconds(20);
    private static final long LOG_BYTES_MAX = 20_000_000;

    /** The kernel counts from the boot, whose time is computed anew from the clock: it moves when the clock is set. */
    private static final Duration CLOCK_DRIFT_MAX = Duration.ofSeconds(3);

    private final String name;
    private final List<String> command;
    private final Map<String, String> environment;
    private final Home home;
    private final AtomicInteger exits = new AtomicInteger();
    private volatile boolean stopping;
    private volatile @Nullable Process process;
    private @Nullable Thread keeper;

    ChildProcess(String name, List<String> command, Map<String, String> environment, Home home) {
        this.name = name;
        this.command = List.copyOf(command);
        this.environment = Map.copyOf(environment);
        this.home = home;
    }

    String name() {
        return name;
    }

    /** How often it has exited unasked. */
    int exits() {
        return exits.get();
    }

    /** Starts it, once what an earlier supervisor left running has ended. */
    void start() throws IOException, InterruptedException {
        endLeftover();
        Process first = launch();
        keeper = Thread.ofPlatform().name("keep-" + name).daemon().start(() -> keep(first));
    }

    /** SIGTERM; SIGKILL if that is not enough. */
    @Override
    public void close() throws IOException {
        stopping = true;
        if (keeper != null) {
            keeper.interrupt();
        }
        Process running = process;
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
        Files.deleteIfExists(pidFile());
    }

    private void keep(Process first) {
        Process current = first;
        Duration backoff = BACKOFF_MIN;
        try {
            while (!stopping) {
                long begun = System.nanoTime();
                int exit = current.waitFor();
                if (stopping) {
                    return;
                }
                exits.incrementAndGet();
                if (System.nanoTime() - begun > STABLE_AFTER.toNanos()) {
                    backoff = BACKOFF_MIN;
                }
                System.err.println(name + " exited with " + exit + ", starting it again in " + backoff.toMillis()
                        + " ms; see " + home.log(name));
                Thread.sleep(backoff);
                backoff = backoff.multipliedBy(2).compareTo(BACKOFF_MAX) < 0 ? backoff.multipliedBy(2) : BACKOFF_MAX;
                current = launch();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            System.err.println(name + " cannot be started: " + e.getMessage());
        }
    }

    private synchronized Process launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(home.run().toFile())
                .redirectInput(Redirect.from(Path.of("/dev/null").toFile()))
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log().toFile()));
        builder.environment().putAll(environment);
        Process started = builder.start();
        process = started;
        if (stopping) {
            started.destroy();
        }
        Files.writeString(pidFile(), started.pid() + " " + startedAt(started.toHandle()));
        return started;
    }

    private void endLeftover() throws IOException, InterruptedException {
        if (!Files.exists(pidFile())) {
            return;
        }
        String[] words = Files.readString(pidFile()).trim().split(" ", -1);
        Optional<ProcessHandle> leftover =
                words.length == 2 ? leftover(Long.parseLong(words[0]), words[1]) : Optional.empty();
        if (leftover.isPresent()) {
            leftover.get().destroy();
            long end = System.nanoTime() + STOP_GRACE.toNanos();
            while (leftover.get().isAlive() && System.nanoTime() < end) {
                Thread.sleep(50);
            }
            leftover.get().destroyForcibly();
        }
        Files.deleteIfExists(pidFile());
    }

    /** The process of that pid, unless it is another one that began at another time. */
    private static Optional<ProcessHandle> leftover(long pid, String startedAt) {
        try {
            Instant started = Instant.parse(startedAt);
            return ProcessHandle.of(pid)
                    .filter(handle -> handle.info()
                            .startInstant()
                            .filter(now -> Duration.between(now, started).abs().compareTo(CLOCK_DRIFT_MAX) < 0)
                            .isPresent());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The log, with what has become too long put aside in place of what was put aside before. */
    private Path log() throws IOException {
        Path log = home.log(name);
        if (Files.exists(log) && Files.size(log) > LOG_BYTES_MAX) {
            Files.move(log, home.log(name + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        return log;
    }

    private static String startedAt(ProcessHandle handle) {
        return handle.info().startInstant().map(Object::toString).orElse("unknown");
    }

    private Path pidFile() {
        return home.run().resolve(name + ".pid");
    }
}
