/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * A real Spring Cloud Data Flow server in a directory of its own, started as by hand. Nothing in it was
 * made for Uplift.
 */
final class DataFlow implements AutoCloseable {
    static final String OLD_VERSION = Objects.requireNonNull(System.getProperty("dataflow.old.version"));
    static final String NEW_VERSION = Objects.requireNonNull(System.getProperty("dataflow.new.version"));

    private static final Duration HEALTHY_MAX = Duration.ofMinutes(2);
    private static final Path INSTALLED_JAVAS = Path.of("/usr/lib/jvm");

    private final Path directory;
    private final URI uri;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private DataFlow(Path directory, int port) {
        this.directory = directory;
        this.uri = URI.create("http://127.0.0.1:" + port);
    }

    /**
     * Starts the old version and waits until it is healthy.
     *
     * @param environment its settings with the database's password, which are in no command line
     */
    static DataFlow start(Path directory, Map<String, String> environment) {
        try {
            Files.createDirectories(directory);
            Path jar = Files.copy(
                    jar(OLD_VERSION), directory.resolve(jar(OLD_VERSION).getFileName()));
            int port = freePort();
            ProcessBuilder builder = new ProcessBuilder(
                            "setsid",
                            java17().toString(),
                            "-Xmx512m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-jar",
                            String.valueOf(jar.getFileName()),
                            "--server.address=127.0.0.1",
                            "--server.port=" + port,
                            "--spring.cloud.dataflow.features.streams-enabled=false")
                    .directory(directory.toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log(directory).toFile());
            builder.environment().putAll(environment);
            DataFlow server = new DataFlow(directory, port);
            Process process = builder.start();
            Awaitility.await("Data Flow; log in " + log(directory))
                    .atMost(HEALTHY_MAX)
                    .failFast("it exited; log in " + log(directory), () -> !process.isAlive())
                    .until(server::healthy);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The JAR of a version, as it is on Maven Central. */
    static Path jar(String version) {
        return Product.root().resolve("system-tests/target/dataflow/spring-cloud-dataflow-server-" + version + ".jar");
    }

    Path directory() {
        return directory;
    }

    boolean healthy() {
        try {
            return get("/management/health").path("status").asText().equals("UP");
        } catch (UncheckedIOException | IllegalStateException e) {
            return false;
        }
    }

    /** What it says of itself. */
    String version() {
        return get("/about").at("/versionInfo/implementation/version").asText();
    }

    /** Makes a task definition, and the application that it runs. */
    void createTask(String name) {
        send("POST", "/apps/task/" + name + "-app", Map.of("uri", "maven://org.example:task:1.0", "force", "true"));
        send("POST", "/tasks/definitions", Map.of("name", name, "definition", name + "-app"));
    }

    /** The task definitions and what each runs, as {@code NAME=URI}. */
    List<String> tasks() {
        List<String> tasks = new ArrayList<>();
        for (JsonNode task : get("/tasks/definitions").at("/_embedded/taskDefinitionResourceList")) {
            String application = get("/apps/task/" + task.path("dslText").asText())
                    .path("uri")
                    .asText();
            tasks.add(task.path("name").asText() + "=" + application);
        }
        return tasks;
    }

    /** The command lines of all that runs in its directory. */
    List<String> commandLines() {
        return running().stream().map(DataFlow::commandLine).toList();
    }

    /** Stops whatever runs in its directory in good order, as an operator would. */
    void stop() {
        end(ProcessHandle::destroy);
    }

    /** Kills whatever runs in its directory, and deletes the directory. */
    @Override
    public void close() {
        end(ProcessHandle::destroyForcibly);
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void end(Consumer<ProcessHandle> signal) {
        List<ProcessHandle> running = running();
        running.forEach(signal);
        for (ProcessHandle process : running) {
            try {
                process.onExit().get(60, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            } catch (ExecutionException | TimeoutException e) {
                throw new IllegalStateException("process " + process.pid() + " does not end", e);
            }
        }
    }

    private List<ProcessHandle> running() {
        return ProcessHandle.allProcesses()
                .filter(process -> runsIn(process.pid(), directory))
                .toList();
    }

    private static boolean runsIn(long pid, Path directory) {
        try {
            return Files.readSymbolicLink(Path.of("/proc", Long.toString(pid), "cwd"))
                    .equals(directory.toRealPath());
        } catch (IOException goneOrNotOurs) {
            return false;
        }
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"))
                    .replace('\0', ' ')
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonNode get(String path) {
        try {
            return Json.mapper().readTree(send("GET", path, Map.of()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String send(String method, String path, Map<String, String> form) {
        String body = form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
                .collect(Collectors.joining("&"));
        HttpRequest request = HttpRequest.newBuilder(uri.resolve(path))
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IllegalStateException(
                        method + " " + path + " answered " + response.statusCode() + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** These versions are older than the Java that runs the tests, and were made for older ones. */
    private static Path java17() throws IOException {
        try (DirectoryStream<Path> homes = Files.newDirectoryStream(INSTALLED_JAVAS, "*17*")) {
            for (Path home : homes) {
                Path java = home.resolve("bin/java");
                if (Files.isExecutable(java)) {
                    return java;
                }
            }
        }
        throw new IllegalStateException(
                "no Java 17 below " + INSTALLED_JAVAS + "; install it with: apt-get install openjdk-17-jre-headless");
    }

    private static Path log(Path directory) {
        return directory.resolve("dataflow.log");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
