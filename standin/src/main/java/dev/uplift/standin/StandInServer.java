/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A stand-in as an operator starts it by hand: {@code java -jar metabase.jar} in a directory, with its
 * settings in the environment, in a session of its own, output appended to {@code metabase.log}. The
 * process may be stopped and replaced by others; {@link #port()} and {@link #directory()} stay true,
 * {@link #pid()} names the process that this launcher started.
 */
public final class StandInServer implements AutoCloseable {
    private final Path directory;
    private final int port;
    private final Process process;

    private StandInServer(Path directory, int port, Process process) {
        this.directory = directory;
        this.port = port;
        this.process = process;
    }

    /** What to start; {@code directory} is made when it is missing. */
    public static Launch in(Path directory) {
        return new Launch(directory.toAbsolutePath());
    }

    /** How to start it. */
    public static final class Launch {
        private final Path directory;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> wrapper = new ArrayList<>();
        private final List<String> javaOptions = new ArrayList<>();
        private String java = "java";

        private Launch(Path directory) {
            this.directory = directory;
            environment.put("STANDIN_LEDGER", directory.resolve("ledger.jsonl").toString());
        }

        /** Copies the JAR to {@code metabase.jar}, through a rename, so that a running one is not disturbed. */
        public Launch jar(Path jar) {
            try {
                Files.createDirectories(directory);
                Path temporary = Files.createTempFile(directory, ".copy", ".jar");
                Files.copy(jar, temporary, StandardCopyOption.REPLACE_EXISTING);
                Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(temporary, directory.resolve("metabase.jar"), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        public Launch release(StandInReleases.StandInRelease release) {
            return jar(release.jar());
        }

        public Launch env(String name, String value) {
            environment.put(name, value);
            return this;
        }

        public Launch port(int port) {
            return env("MB_JETTY_PORT", Integer.toString(port));
        }

        /** {@code MB_DB_*} of a PostgreSQL application database. */
        public Launch postgres(String host, int port, String database, String user, String password) {
            return env("MB_DB_TYPE", "postgres")
                    .env("MB_DB_HOST", host)
                    .env("MB_DB_PORT", Integer.toString(port))
                    .env("MB_DB_DBNAME", database)
                    .env("MB_DB_USER", user)
                    .env("MB_DB_PASS", password);
        }

        /** As in {@code STANDIN_FAULTS}. A restart with the same environment has them again. */
        public Launch faults(String faults) {
            return env("STANDIN_FAULTS", faults);
        }

        /** The Java to run it with; by default the {@code java} on the PATH. */
        public Launch java(Path executable) {
            java = executable.toString();
            return this;
        }

        public Launch javaOption(String option) {
            javaOptions.add(option);
            return this;
        }

        /** Starts it as another user of {@code /etc/passwd}, in that user's groups; needs root. */
        public Launch asUser(String user) {
            try {
                String[] account = Files.readAllLines(Path.of("/etc/passwd")).stream()
                        .map(line -> line.split(":", -1))
                        .filter(fields -> fields[0].equals(user))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("no such user: " + user));
                wrapper.addAll(List.of("setpriv", "--reuid", account[2], "--regid", account[3], "--init-groups"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        /** Starts it; returns before it is healthy. Without a port a free one is taken. */
        public StandInServer start() {
            int port = Integer.parseInt(environment.computeIfAbsent("MB_JETTY_PORT", name -> freePort()));
            try {
                return new StandInServer(directory, port, builder(List.of()).start());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Runs one command of the JAR, such as {@code migrate}, {@code down}, with this environment. */
        public CommandResult run(String... command) {
            try {
                File output = Files.createTempFile("standin-command", ".log").toFile();
                Process process =
                        builder(List.of(command)).redirectOutput(output).start();
                if (!process.waitFor(60, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("the command takes more than 60 s: " + List.of(command));
                }
                String text = Files.readString(output.toPath());
                Files.delete(output.toPath());
                return new CommandResult(process.exitValue(), text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        private ProcessBuilder builder(List<String> command) {
            List<String> words = new ArrayList<>(List.of("setsid"));
            words.addAll(wrapper);
            words.add(java);
            words.addAll(javaOptions);
            words.addAll(List.of("-jar", "metabase.jar"));
            words.addAll(command);
            ProcessBuilder builder = new ProcessBuilder(words)
                    .directory(directory.toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            directory.resolve("metabase.log").toFile()));
            builder.environment().keySet().removeIf(name -> name.startsWith("MB_") || name.startsWith("STANDIN_"));
            builder.environment().putAll(environment);
            return builder;
        }
    }

    /** A finished command of the JAR. */
    public record CommandResult(int exitCode, String output) {}

    /** A port that nobody listens on at this moment. */
    private static String freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Integer.toString(socket.getLocalPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    public int port() {
        return port;
    }

    public Path directory() {
        return directory;
    }

    public Path ledger() {
        return directory.resolve("ledger.jsonl");
    }

    public URI uri() {
        return URI.create("http://localhost:" + port);
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** What the process has written so far, all starts in this directory together. */
    public String log() {
        try {
            return Files.readString(directory.resolve("metabase.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What it answers. */
    public StandInApi api() {
        return new StandInApi(uri());
    }

    /** As {@link StandInApi#get}. */
    public Optional<StandInApi.Answer> get(String path) {
        return api().get(path);
    }

    /** As {@link StandInApi#post}. */
    public Optional<StandInApi.Answer> post(String path, String json) {
        return api().post(path, json);
    }

    /** As {@link StandInApi#healthy}. */
    public boolean healthy() {
        return api().healthy();
    }

    /** As {@link StandInApi#version}. */
    public Optional<String> version() {
        return api().version();
    }

    /**
     * Waits for whichever process now serves in the directory.
     *
     * @throws IllegalStateException with the end of the log if none runs or the time is over
     */
    public StandInServer awaitHealthy(Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!healthy()) {
            boolean gone = !process.isAlive() && runningIn(directory).isEmpty();
            if (gone || System.nanoTime() > deadline) {
                String log = log();
                throw new IllegalStateException("the stand-in in " + directory
                        + (gone ? " exited " + process.exitValue() : " is not healthy after " + limit) + ":\n"
                        + log.substring(Math.max(0, log.length() - 4_000)));
            }
            pause();
        }
        return this;
    }

    /** @throws IllegalStateException if the started process still runs when the time is over */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("process " + pid() + " still runs after " + limit);
            }
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        return process.exitValue();
    }

    /** SIGTERM to the started process; returns at once. */
    public void terminate() {
        process.destroy();
    }

    /** SIGTERM, and the exit code. */
    public int stop() {
        terminate();
        return awaitExit(Duration.ofSeconds(30));
    }

    /** SIGKILL to the started process; returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(10));
    }

    /** Kills whatever {@code metabase.jar} runs in the directory, whoever started it. */
    @Override
    public void close() {
        endAllIn(directory);
    }

    /** The same for any directory, which need not be there. */
    public static void endAllIn(Path directory) {
        List<ProcessHandle> running = runningIn(directory);
        running.forEach(ProcessHandle::destroyForcibly);
        for (ProcessHandle handle : running) {
            try {
                handle.onExit().get(10, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw interrupted(e);
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException("process " + handle.pid() + " does not die", e);
            }
        }
    }

    /** The processes that run {@code metabase.jar} with this working directory. */
    public static List<ProcessHandle> runningIn(Path directory) {
        return ProcessHandle.allProcesses()
                .filter(handle -> runsIn(handle.pid(), directory))
                .toList();
    }

    private static boolean runsIn(long pid, Path directory) {
        Path proc = Path.of("/proc", Long.toString(pid));
        try {
            return Files.readSymbolicLink(proc.resolve("cwd")).equals(directory.toRealPath())
                    && Files.readString(proc.resolve("cmdline")).contains("metabase.jar");
        } catch (IOException goneOrNotOurs) {
            return false;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted", e);
    }
}
