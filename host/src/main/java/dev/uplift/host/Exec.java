/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs a command to its end, with bounds on time and output. There is no shell: every argument arrives
 * as it is. Put {@code --} before operands that come from outside.
 *
 * @param environment absent: this process's own
 * @param input what it reads from its standard input
 * @param timeout after it the command and its children are killed
 * @param outputBytesMax of each stream the last so many bytes are kept
 */
public record Exec(
        List<String> argv,
        @Nullable Path directory,
        @Nullable Map<String, String> environment,
        String input,
        Duration timeout,
        int outputBytesMax) {
    private static final int OUTPUT_BYTES_MAX = 1 << 16;

    public Exec {
        argv = List.copyOf(argv);
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("a command is needed");
        }
        environment = environment == null ? null : Map.copyOf(environment);
    }

    /** A command with this process's directory and environment, and 64 KiB of each output kept. */
    public static Exec of(Duration timeout, String... argv) {
        return new Exec(List.of(argv), null, null, "", timeout, OUTPUT_BYTES_MAX);
    }

    /**
     * A command line of an application, in its directory and environment, as its user and with what it inherits, with 64
     * KiB of each output kept.
     *
     * @param ownUid the user that the host is worked on as
     * @throws UnexpectedPathException if that one cannot become the application's user
     */
    public static Exec of(Launch launch, long ownUid, Duration timeout) throws UnexpectedPathException {
        InheritedStart start = InheritedStart.of(launch, ownUid);
        List<String> argv = new ArrayList<>(start.words());
        argv.addAll(launch.argv());
        return new Exec(
                argv,
                Path.of(launch.directory()),
                InheritedStart.ENVIRONMENT,
                start.input(),
                timeout,
                OUTPUT_BYTES_MAX);
    }

    /** How a command ended; the outputs are the last bytes of each. */
    public record Result(int exitCode, String output, String errors) {
        public boolean succeeded() {
            return exitCode == 0;
        }
    }

    /**
     * Runs it.
     *
     * @throws IOException if it cannot be started, or was killed because it took longer than the timeout
     * @throws InterruptedException after it was killed because this thread was interrupted
     * @throws OutOfMemoryError after it was killed because there was no room for the threads that read what it says
     */
    public Result run() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(argv);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        if (environment != null) {
            builder.environment().clear();
            builder.environment().putAll(environment);
        }
        Process process = builder.start();
        boolean ended = false;
        try {
            give(process, input);
            Tail output = Tail.of(process.getInputStream(), outputBytesMax);
            Tail errors = Tail.of(process.getErrorStream(), outputBytesMax);
            ended = process.waitFor(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (!ended) {
                throw new IOException(argv.getFirst() + " was killed after " + timeout.toSeconds() + " s");
            }
            return new Result(process.exitValue(), output.text(), errors.text());
        } finally {
            // Also where there was no room for another thread: nobody would end it, and nobody read what it says.
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    /** Lets a process read this, and then the end. One that does not read it all is not waited for. */
    static void give(Process process, String input) {
        if (input.isEmpty()) {
            write(process, input);
        } else {
            Thread.ofPlatform().daemon().start(() -> write(process, input));
        }
    }

    private static void write(Process process, String input) {
        try (OutputStream out = process.getOutputStream()) {
            out.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It has ended: how, whoever waits for it sees.
        }
    }

    /**
     * The last bytes of a stream. It is read to its end, so that the writer is never blocked: by a thread of the platform,
     * because a virtual one that waits for a process's output holds its carrier, and a few keep all others from running.
     */
    private static final class Tail {
        private static final Duration END_WAIT = Duration.ofSeconds(2);

        private final byte[] ring;
        private final Thread reader;
        private long total;

        private Tail(InputStream in, int bytesMax) {
            ring = new byte[bytesMax];
            reader = Thread.ofPlatform().daemon().unstarted(() -> drain(in));
        }

        static Tail of(InputStream in, int bytesMax) {
            Tail tail = new Tail(in, bytesMax);
            tail.reader.start();
            return tail;
        }

        /** A child that inherited the stream may keep it open: it is not waited for long. */
        String text() throws InterruptedException {
            reader.join(END_WAIT);
            synchronized (this) {
                int length = (int) Math.min(total, ring.length);
                byte[] last = new byte[length];
                for (int i = 0; i < length; i++) {
                    last[i] = ring[(int) ((total - length + i) % ring.length)];
                }
                return new String(last, StandardCharsets.UTF_8);
            }
        }

        private void drain(InputStream in) {
            byte[] buffer = new byte[8192];
            try (in) {
                for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                    synchronized (this) {
                        for (int i = 0; i < read; i++) {
                            ring[(int) (total++ % ring.length)] = buffer[i];
                        }
                    }
                }
            } catch (IOException e) {
                // The command was killed: what it said until then stands.
            }
        }
    }
}
