/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.backup.database.Program;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A process with one H2 that answers one question after the other ({@link H2Proof}). For one thread at a time. */
final class H2Process implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofMinutes(1);
    private static final Duration READING_MAX = Duration.ofHours(12);
    private static final Duration POLL = Duration.ofMillis(100);

    private final Program.Running program;
    private final Printed printed;
    private final String version;
    private boolean sound = true;

    private H2Process(Program.Running program, Printed printed, String version) {
        this.program = program;
        this.printed = printed;
        this.version = version;
    }

    /** It ended, or was ended, without an answer; the message says why. */
    static final class EndedException extends Exception {
        private static final long serialVersionUID = 1L;

        EndedException(String message) {
            super(message);
        }
    }

    /**
     * Starts it, with an empty environment, and waits until it is ready.
     *
     * @param classPath of {@link H2Proof} and the H2
     * @param directory to work in; it holds no more than the classes
     */
    static H2Process start(String classPath, Path directory, Program.Poll poll) throws Exception {
        Printed printed = new Printed();
        Program.Running program = new Program(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx256m",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "-Djava.io.tmpdir=" + directory,
                                "-cp",
                                classPath,
                                H2Proof.class.getName()),
                        directory,
                        Map.of(),
                        "")
                .start(printed);
        try {
            return new H2Process(program, printed, next(program, printed, START_MAX, poll));
        } catch (Exception e) {
            program.close();
            throw e;
        }
    }

    /** Of its H2. */
    String version() {
        return version;
    }

    boolean isAlive() {
        return program.isAlive();
    }

    /**
     * Lets it read a database.
     *
     * @return what it answers
     */
    String read(String url, String user, String password, Program.Poll poll) throws Exception {
        String question = Stream.of(url, user, password)
                .map(text -> Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)) + "\n")
                .collect(Collectors.joining());
        sound = false;
        if (!printed.isEmpty()) {
            throw new EndedException("says more than it was asked");
        }
        try {
            program.write(question);
        } catch (IOException e) {
            throw new EndedException("has ended: " + e.getMessage());
        }
        String answer = next(program, printed, READING_MAX, poll);
        sound = answer.startsWith(H2Proof.TABLES);
        return answer;
    }

    /** Whether it may be asked for another database: it has read the last one to its end. */
    boolean isSound() {
        return sound;
    }

    /** Ends it. */
    @Override
    public void close() {
        program.close();
    }

    private static String next(Program.Running program, Printed printed, Duration max, Program.Poll poll)
            throws Exception {
        long begin = System.nanoTime();
        String answer = printed.poll(POLL);
        while (answer == null) {
            poll.poll();
            if (!program.isAlive()) {
                Program.Ended ended = program.await(poll);
                answer = printed.poll(Duration.ZERO);
                if (answer == null) {
                    throw new EndedException("cannot be run (exit code " + ended.exitCode() + "): "
                            + ended.errors()
                                    .lines()
                                    .filter(line -> !line.isBlank())
                                    .findFirst()
                                    .orElse("it printed nothing"));
                }
                return answer;
            }
            if (System.nanoTime() - begin > max.toNanos()) {
                throw new EndedException("was ended after " + max.toMinutes() + " minutes");
            }
            answer = printed.poll(POLL);
        }
        return answer;
    }

    /** The lines that it prints. One that prints more than it was asked for is not read on, and blocks. */
    private static final class Printed extends OutputStream {
        private static final int LINE_BYTES_MAX = 1_000;
        private static final int LINES_MAX = 10;

        private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(LINES_MAX);
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public void write(int oneByte) throws IOException {
            if (oneByte != '\n') {
                if (line.size() >= LINE_BYTES_MAX) {
                    throw new IOException("an answer of more than " + LINE_BYTES_MAX + " bytes");
                }
                line.write(oneByte);
                return;
            }
            if (!lines.offer(line.toString(StandardCharsets.UTF_8))) {
                throw new IOException("more than " + LINES_MAX + " answers");
            }
            line.reset();
        }

        boolean isEmpty() {
            return lines.isEmpty();
        }

        @Nullable
        String poll(Duration atMost) throws InterruptedException {
            return lines.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
