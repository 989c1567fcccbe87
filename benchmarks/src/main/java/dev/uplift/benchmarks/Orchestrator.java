/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.api.RegisterInstallation;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The orchestrator as it runs in production: a process of its own, with the JAR of this build. */
final class Orchestrator implements AutoCloseable {
    private static final Duration READY_MAX = Duration.ofMinutes(2);
    private static final Duration STOP_MAX = Duration.ofSeconds(30);
    private static final Duration ANSWER_MAX = Duration.ofMinutes(2);

    private final Process process;
    private final URI address;
    private final Duration startUp;
    private final HttpClient http = HttpClient.newHttpClient();

    private Orchestrator(Process process, URI address, Duration startUp) {
        this.process = process;
        this.address = address;
        this.startUp = startUp;
    }

    /**
     * Starts it and waits until it is ready.
     *
     * @param javaOptions what the JVM is given beside what it needs
     */
    static Orchestrator start(
            Path distribution, Path home, List<String> javaOptions, String databaseUrl, String bootstrapServers)
            throws IOException, InterruptedException {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-jar"));
        command.add(distribution
                .resolve("orchestrator/target/quarkus-app/service.jar")
                .toString());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        Redirect.appendTo(home.resolve("orchestrator.log").toFile()));
        builder.environment()
                .putAll(Map.of(
                        "UPLIFT_HOME",
                        home.toString(),
                        "UPLIFT_HTTP_PORT",
                        Integer.toString(port),
                        "UPLIFT_DATABASE_URL",
                        databaseUrl,
                        "UPLIFT_DATABASE_USER",
                        "postgres",
                        "UPLIFT_DATABASE_PASSWORD",
                        "postgres",
                        "UPLIFT_KAFKA_BOOTSTRAP_SERVERS",
                        bootstrapServers,
                        // A place for all: what is measured is not how long one waits for another.
                        "UPLIFT_SAGA_OUTAGES_MAX",
                        Integer.toString(Site.SIZE_MAX)));
        long begunNanos = System.nanoTime();
        Process process = builder.start();
        URI address = URI.create("http://127.0.0.1:" + port);
        awaitReady(process, address, begunNanos);
        return new Orchestrator(process, address, Duration.ofNanos(System.nanoTime() - begunNanos));
    }

    ProcessHandle process() {
        return process.toHandle();
    }

    URI address() {
        return address;
    }

    /** From the start of the process until it was ready. */
    Duration startUp() {
        return startUp;
    }

    /** What it holds in memory now, in bytes. */
    long residentBytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
                .findFirst()
                .orElseThrow();
    }

    /** Asks for a registration; it is answered by a worker. */
    void register(RegisterInstallation request) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(address.resolve("/api/v1/installations"))
                        .timeout(ANSWER_MAX)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(
                                Json.mapper().writeValueAsBytes(request)))
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() != 202) {
            throw new IllegalStateException(response.body());
        }
    }

    InstallationStatus installation(String name) throws IOException, InterruptedException {
        return Json.mapper().readValue(get("/api/v1/installations/" + name), InstallationStatus.class);
    }

    /** The body of a good answer. */
    String get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(address.resolve(path))
                        .timeout(ANSWER_MAX)
                        .build(),
                BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(response.body());
        }
        return response.body();
    }

    private static void awaitReady(Process process, URI address, long begunNanos) throws InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(address.resolve("/q/health/ready")).build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            while (System.nanoTime() - begunNanos < READY_MAX.toNanos()) {
                if (!process.isAlive()) {
                    throw new IllegalStateException("the orchestrator ended; see its log");
                }
                try {
                    if (http.send(request, BodyHandlers.discarding()).statusCode() == 200) {
                        return;
                    }
                } catch (IOException e) {
                    // It does not listen yet.
                }
                // Nobody tells that it is ready.
                Thread.sleep(20);
            }
        }
        process.destroyForcibly();
        throw new IllegalStateException("the orchestrator is not ready after " + READY_MAX.toSeconds() + " s");
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (process.waitFor(STOP_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
