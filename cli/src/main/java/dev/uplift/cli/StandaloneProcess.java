/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.api.StandaloneStatus;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The standalone as a detached process: it outlives the command that started it. */
public final class StandaloneProcess {
    private static final Duration READY_MAX = Duration.ofMinutes(4);
    private static final Duration STOP_MAX = Duration.ofSeconds(60);

    private final Path home;
    private final int basePort;
    private final Map<String, String> environment = new HashMap<>();
    private volatile @Nullable Process started;

    public StandaloneProcess(Path home, int basePort) {
        this.home = home;
        this.basePort = basePort;
    }

    /** Adds a configuration key, in its environment form, for all services. */
    public StandaloneProcess with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Starts it and waits until it is ready. */
    public StandaloneStatus start(Output output) {
        output.note("starting Kafka, PostgreSQL and four services (logs: " + home.resolve("logs") + ")");
        Path log = home.resolve("logs/standalone.log");
        try {
            makeHome(home);
            Files.createDirectories(log.getParent());
            Files.deleteIfExists(log);
            ProcessBuilder builder = new ProcessBuilder(command());
            builder.environment().putAll(environment);
            Process process = builder.redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.to(log.toFile()))
                    .start();
            started = process;
            return awaitReady(process, log);
        } catch (AccessDeniedException | FileAlreadyExistsException | NoSuchFileException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    "there can be no directory " + e.getFile() + " of " + System.getProperty("user.name")
                            + "; choose another --home");
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE, "the standalone cannot be started: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(ExitCode.FAILED, "interrupted");
        }
    }

    /** Its owner's only, as the standalone itself makes it: here because the log is there before it runs. */
    private static void makeHome(Path home) throws IOException {
        if (!Files.isDirectory(home)) {
            Files.createDirectories(
                    home, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
    }

    /** Returns false if none runs with that home. */
    static boolean stop(Path home) {
        Optional<StandaloneStatus> running = ServerOptions.standalone(home);
        if (running.isEmpty()) {
            return false;
        }
        Optional<ProcessHandle> process = ServerOptions.process(running.get());
        if (process.isEmpty()) {
            return false;
        }
        end(process.get(), home);
        return true;
    }

    /** Ends what {@link #start} started, ready or not, and waits until it has ended. Idempotent. */
    void end() {
        Process process = started;
        if (process != null) {
            end(process.toHandle(), home);
        }
    }

    /** As {@link #end}; what still runs after that is killed, with its children. For a home that nobody needs any more. */
    public void destroy() {
        Process process = started;
        if (process == null) {
            return;
        }
        List<ProcessHandle> all = Stream.concat(Stream.of(process.toHandle()), process.descendants())
                .toList();
        try {
            end();
        } catch (CommandFailedException e) {
            all.forEach(ProcessHandle::destroyForcibly);
        }
    }

    private static void end(ProcessHandle process, Path home) {
        process.destroy();
        try {
            if (Poll.until(STOP_MAX, () -> runs(process), running -> !running)) {
                throw new CommandFailedException(
                        ExitCode.FAILED,
                        "process " + process.pid() + " still runs after " + STOP_MAX.toSeconds() + " s; see "
                                + home.resolve("logs"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(ExitCode.FAILED, "interrupted");
        }
    }

    /** An orphan that has ended and that nobody collects, as in a container without an init, has no command any more. */
    static boolean runs(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    private StandaloneStatus awaitReady(Process process, Path log) throws IOException, InterruptedException {
        long end = System.nanoTime() + READY_MAX.toNanos();
        while (System.nanoTime() < end) {
            Optional<StandaloneStatus> ready = ServerOptions.standalone(home);
            if (ready.isPresent() && ready.get().pid() == process.pid()) {
                return ready.get();
            }
            if (process.waitFor(100, TimeUnit.MILLISECONDS)) {
                throw new CommandFailedException(ExitCode.UNAVAILABLE, lastLine(log));
            }
        }
        end(process.toHandle(), home);
        throw new CommandFailedException(
                ExitCode.UNAVAILABLE, "not ready after " + READY_MAX.toSeconds() + " s; see " + log.getParent());
    }

    private List<String> command() {
        Path distribution = distribution();
        Path target = distribution.resolve("standalone/target");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command =
                new ArrayList<>(List.of("setsid", java, "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        Path aotCache = target.resolve("standalone.aot");
        if (Files.exists(aotCache)) {
            command.addAll(List.of("-Xlog:aot*=off", "-XX:AOTCache=" + aotCache));
        }
        command.addAll(List.of(
                "-cp",
                target.resolve("lib") + "/*:" + jar(target),
                "dev.uplift.standalone.Standalone",
                home.toString(),
                distribution.toString(),
                String.valueOf(basePort)));
        return command;
    }

    /** The checkout that the {@code uplift} script is of. */
    public static Path distribution() {
        String named = System.getProperty("uplift.distribution");
        if (named == null) {
            throw noDistribution();
        }
        return Path.of(named);
    }

    /** It was started without what the script of a distribution starts it with. */
    static CommandFailedException noDistribution() {
        return new CommandFailedException(ExitCode.UNAVAILABLE, "start it with the `uplift` script of a distribution");
    }

    private static Path jar(Path target) {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("standalone-.*\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new CommandFailedException(
                            ExitCode.UNAVAILABLE, "the standalone is not built: run ./mvnw -DskipTests package"));
        } catch (IOException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE, "the standalone is not built: run ./mvnw -DskipTests package");
        }
    }

    private static String lastLine(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return lines.isEmpty() ? "the standalone exited; see " + log : lines.getLast();
    }
}
