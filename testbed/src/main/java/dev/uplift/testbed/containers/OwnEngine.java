/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Docker Engine of a test's own, empty at first, which may be killed and started again; the machine's engine does
 * not notice. Needs root. It pulls from a {@link Registry} on the other engine. It makes no packet filter rules:
 * ports that are published on loopback and the gateway's address work, but its containers do not reach each other
 * where another engine lets nothing be forwarded.
 *
 * <p>Its containers are made by {@link #docker()}: Testcontainers' {@code DockerClientFactory} knows one engine in a
 * process, which is the machine's.
 */
public final class OwnEngine implements AutoCloseable {
    private static final String PREFIX = "uplift-engine-";
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration STOP_MAX = Duration.ofSeconds(60);

    private final Path directory;
    private @Nullable ProcessHandle daemon;

    private OwnEngine(Path directory) {
        this.directory = directory;
    }

    /** Starts one; returns when it answers. First ends those that killed test runs left. */
    public static OwnEngine start() {
        removeLeftovers();
        try {
            OwnEngine engine = new OwnEngine(Files.createDirectory(parent().resolve(PREFIX + Owner.next())));
            engine.powerOn();
            return engine;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its socket. */
    public Path socket() {
        return directory.resolve("docker.sock");
    }

    /** The {@code docker} command against it. */
    public Docker docker() {
        return Docker.at("unix://" + socket());
    }

    /** SIGKILL: containers run on, until it is started again. */
    public void kill() {
        end(ProcessHandle::destroyForcibly);
        try {
            // Its containerd dies with it. Where that stays a zombie for a while, the next start would wait for it.
            Files.deleteIfExists(directory.resolve("exec/containerd/containerd.pid"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM: it stops its containers first. */
    public void stop() {
        end(ProcessHandle::destroy);
    }

    /** Starts it again with all that it had; returns when it answers. */
    public void powerOn() {
        Path log = directory.resolve("dockerd.log");
        makeBridge();
        try {
            Files.deleteIfExists(directory.resolve("pid"));
            Process process = new ProcessBuilder(List.of(
                            "setsid",
                            "dockerd",
                            "--host=unix://" + socket(),
                            "--data-root=" + directory.resolve("data"),
                            "--exec-root=" + directory.resolve("exec"),
                            "--pidfile=" + directory.resolve("pid"),
                            "--containerd-namespace=" + directory.getFileName(),
                            "--containerd-plugins-namespace=" + directory.getFileName() + "-plugins",
                            "--bridge=" + bridge(),
                            "--iptables=false",
                            "--ip6tables=false",
                            "--log-level=warn"))
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            daemon = process.toHandle();
            long deadline = System.nanoTime() + START_MAX.toNanos();
            while (!docker().attempt(List.of("version"), "").ok()) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IllegalStateException("dockerd does not start: " + Files.readString(log));
                }
                process.waitFor(100, TimeUnit.MILLISECONDS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("dockerd cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Removes all that it has, ends it and forgets it. */
    @Override
    public void close() {
        if (daemon == null) {
            powerOn();
        }
        remove(List.of("ps", "--all", "--quiet"), "rm", "--force", "--volumes");
        remove(List.of("network", "ls", "--quiet", "--filter", "type=custom"), "network", "rm");
        stop();
        ip("link", "delete", bridge());
        try {
            releaseAfterKill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SystemdHosts.delete(directory);
    }

    /** What an engine that was killed left, and its successor did not take up: idle shims, mounts. */
    private void releaseAfterKill() throws IOException {
        String name = directory.getFileName().toString();
        ProcessHandle.allProcesses()
                .filter(handle -> handle.info().commandLine().orElse("").contains(name))
                .forEach(ProcessHandle::destroyForcibly);
        List<String> mounts = Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .map(line -> line.split(" ", -1)[4])
                .filter(point -> Path.of(point).startsWith(directory))
                .toList();
        for (int last = mounts.size() - 1; last >= 0; last--) {
            Docker.execute(List.of("umount", "--lazy", mounts.get(last)), "");
        }
    }

    /** One that is given: an engine without a default bridge deletes docker0, which is another engine's. */
    private void makeBridge() {
        if (!Files.exists(Path.of("/sys/class/net", bridge()))) {
            ThreadLocalRandom random = ThreadLocalRandom.current();
            String address = "10." + random.nextInt(150, 180) + "." + random.nextInt(1, 255) + ".1/24";
            ip("link", "add", bridge(), "type", "bridge");
            ip("address", "add", address, "dev", bridge());
            ip("link", "set", bridge(), "up");
        }
    }

    private String bridge() {
        Owner owner = Owner.parse(directory.getFileName().toString().substring(PREFIX.length()))
                .orElseThrow();
        return "upe" + owner.pid() + "x" + owner.number();
    }

    private static void ip(String... words) {
        List<String> command = Stream.concat(Stream.of("ip"), Stream.of(words)).toList();
        Docker.Result result = Docker.execute(command, "");
        if (!result.ok()) {
            throw new IllegalStateException(String.join(" ", command) + ": " + result.errors());
        }
    }

    private void remove(List<String> list, String... command) {
        List<String> found = DockerContainers.lines(docker().run(list));
        if (!found.isEmpty()) {
            docker().run(Stream.concat(Stream.of(command), found.stream()).toList());
        }
    }

    private void end(Consumer<ProcessHandle> signal) {
        ProcessHandle ending = daemon;
        if (ending == null) {
            return;
        }
        signal.accept(ending);
        try {
            ending.onExit().get(STOP_MAX.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("dockerd does not end", e);
        }
        daemon = null;
    }

    /**
     * Takes up the engines whose tests have gone, and removes them in order: containers, networks and mounts too. If
     * another test run is at it, that one does.
     */
    private static synchronized void removeLeftovers() {
        try (FileChannel channel = FileChannel.open(
                        parent().resolve(PREFIX + "leftovers.lock"),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock();
                Stream<Path> all = lock == null ? Stream.empty() : Files.list(parent())) {
            for (Path left : all.filter(OwnEngine::left).toList()) {
                OwnEngine engine = new OwnEngine(left);
                engine.daemon = running(left).orElse(null);
                engine.kill();
                engine.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean left(Path directory) {
        String name = String.valueOf(directory.getFileName());
        return name.startsWith(PREFIX)
                && Owner.parse(name.substring(PREFIX.length()))
                        .filter(owner -> !owner.alive())
                        .isPresent();
    }

    private static Optional<ProcessHandle> running(Path directory) throws IOException {
        Path file = directory.resolve("pid");
        return Files.exists(file)
                ? ProcessHandle.of(Long.parseLong(Files.readString(file).strip()))
                        .filter(handle -> handle.info().command().orElse("").endsWith("dockerd"))
                : Optional.empty();
    }

    private static Path parent() {
        return Path.of(System.getProperty("java.io.tmpdir"));
    }
}
