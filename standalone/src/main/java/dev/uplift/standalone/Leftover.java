/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * A process that may have outlived the supervisor that started it.
 *
 * @param startedAt tells it from a later process that was given its pid
 */
record Leftover(long pid, Instant startedAt) {
    private static final Duration STOP_GRACE = Duration.ofSeconds(20);
    private static final Duration KILL_MAX = Duration.ofSeconds(5);
    private static final Duration LOOK = Duration.ofMillis(50);

    /** The kernel counts from the boot, whose time is computed anew from the clock: it moves when the clock is set. */
    private static final Duration CLOCK_DRIFT_MAX = Duration.ofSeconds(3);

    /** How it is asked to end. */
    interface Signal {
        void send(ProcessHandle process) throws IOException;
    }

    /** Reads what {@link #text} wrote; empty for any other text, such as one that a power cut tore. */
    static Optional<Leftover> parse(String text) {
        String[] words = text.trim().split(" ", -1);
        try {
            return words.length == 2
                    ? Optional.of(new Leftover(Long.parseLong(words[0]), Instant.parse(words[1])))
                    : Optional.empty();
        } catch (NumberFormatException | DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** How a process is written down. */
    static String text(ProcessHandle process) {
        return process.pid() + " "
                + process.info().startInstant().map(Object::toString).orElse("unknown");
    }

    /** Sends the signal, and SIGKILL if it still runs after 20 s. Does nothing if it has ended. */
    void end(Signal signal) throws IOException, InterruptedException {
        Optional<ProcessHandle> running = ProcessHandle.of(pid).filter(this::is);
        if (running.isPresent()) {
            signal.send(running.get());
            if (!endsWithin(running.get(), STOP_GRACE)) {
                running.get().destroyForcibly();
                endsWithin(running.get(), KILL_MAX);
            }
        }
    }

    private boolean is(ProcessHandle process) {
        return process.info()
                .startInstant()
                .filter(now -> Duration.between(now, startedAt).abs().compareTo(CLOCK_DRIFT_MAX) < 0)
                .isPresent();
    }

    /**
     * It is looked at, because {@code onExit()} waits for ever for an orphan that nobody collects, as in a container
     * without an init; such a one has no command any more.
     */
    private static boolean endsWithin(ProcessHandle process, Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (process.isAlive() && process.info().command().isPresent()) {
            if (System.nanoTime() > end) {
                return false;
            }
            // Nobody's child here, and perhaps never collected: its end can only be looked for.
            Thread.sleep(LOOK);
        }
        return true;
    }
}
