/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A program that works for this service beside it.
 *
 * @param environment all that it gets of one, but for {@code LC_ALL} and {@code PATH}; secrets are in it or in the
 *     input, never among the arguments
 * @param input what it reads first. Then its input stays open for as long as somebody waits for it, so that it can
 *     tell when nobody does any more; absent: it has none
 */
public record Program(
        List<String> argv,
        Path directory,
        Map<String, String> environment,
        @Nullable String input) {
    /** What is kept of what a program says about errors. */
    public static final int ERRORS_BYTES_MAX = 64 * 1024;

    private static final Duration POLL = Duration.ofMillis(250);
    private static final Duration TERMINATE_GRACE = Duration.ofSeconds(5);

    /** How it ended, and the beginning of what it said about errors. */
    public record Ended(int exitCode, String errors) {}

    /** Called again and again while a program runs; throws to have it ended. */
    @FunctionalInterface
    public interface Poll {
        void poll() throws Exception;
    }

    /** One that needs no input and no directory. */
    public static Program of(List<String> argv, Map<String, String> environment) {
        return new Program(argv, Path.of("/"), environment, null);
    }

    /**
     * Runs it to its end. It is ended if this thread is interrupted, {@code poll} throws or {@code out} fails.
     *
     * @param out gets what it prints
     */
    public Ended run(OutputStream out, Poll poll) throws Exception {
        try (Running running = start(out)) {
            if (input == null) {
                running.process.getOutputStream().close();
            }
            return running.await(poll);
        }
    }

    /**
     * Starts it.
     *
     * @param out gets what it prints
     * @return to be closed, which ends it
     */
    public Running start(OutputStream out) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("PATH", "/usr/bin:/bin");
        builder.directory(directory.toFile());
        Process process = builder.start();
        boolean started = false;
        try {
            Running running = new Running(process, out);
            if (input != null) {
                running.write(input);
            }
            started = true;
            return running;
        } finally {
            // Also where there was no room for another thread: nobody would have it to close.
            if (!started) {
                end(process);
            }
        }
    }

    /** Returns when it has ended: with force if it must be. An interrupted thread does not wait. */
    private static void end(Process process) {
        process.destroy();
        try {
            if (!process.waitFor(TERMINATE_GRACE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                process.waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** A program that was started. For one thread at a time. */
    public static final class Running implements AutoCloseable {
        private final Process process;
        private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
        private final Pump output;
        private final Pump errorOutput;

        private Running(Process process, OutputStream out) {
            this.process = process;
            this.output = Pump.start(process.getInputStream(), out, Long.MAX_VALUE);
            this.errorOutput = Pump.start(process.getErrorStream(), errors, ERRORS_BYTES_MAX);
        }

        /** Gives it something more to read. */
        public void write(String text) throws IOException {
            OutputStream in = process.getOutputStream();
            in.write(text.getBytes(StandardCharsets.UTF_8));
            in.flush();
        }

        /** Whether it has not ended. */
        public boolean isAlive() {
            return process.isAlive();
        }

        /** Waits for its end, and for all that it has printed. */
        public Ended await(Poll poll) throws Exception {
            while (!process.waitFor(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                poll.poll();
            }
            output.join();
            errorOutput.join();
            return new Ended(process.exitValue(), errors.toString(StandardCharsets.UTF_8));
        }

        /** Ends it, and returns when it has ended: with force if it must be. An interrupted thread does not wait. */
        @Override
        public void close() {
            end(process);
        }
    }

    /**
     * Empties a program's output, so that it never blocks; keeps the first {@code bytesMax}. The thread is one of the
     * platform: a virtual one that waits for a program's output holds its carrier, and a few keep all others from running.
     */
    private static final class Pump {
        private final Thread thread;
        private volatile @Nullable IOException failure;

        private Pump(InputStream in, OutputStream out, long bytesMax) {
            this.thread = Thread.ofPlatform().daemon().unstarted(() -> {
                byte[] chunk = new byte[8192];
                long left = bytesMax;
                try (in) {
                    int read;
                    while ((read = in.read(chunk)) > 0) {
                        int kept = (int) Math.min(left, read);
                        out.write(chunk, 0, kept);
                        left -= kept;
                    }
                } catch (IOException e) {
                    failure = e;
                }
            });
        }

        static Pump start(InputStream in, OutputStream out, long bytesMax) {
            Pump pump = new Pump(in, out, bytesMax);
            pump.thread.start();
            return pump;
        }

        void join() throws InterruptedException, IOException {
            thread.join();
            IOException cause = failure;
            if (cause != null) {
                throw cause;
            }
        }
    }
}
