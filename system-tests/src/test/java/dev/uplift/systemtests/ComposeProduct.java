/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** The services of {@code docker-compose.yml}, from images of this build, on ports of their own. */
final class ComposeProduct implements AutoCloseable {
    static final List<String> SERVICES =
            List.of("kafka", "postgres", "orchestrator", "artifact-service", "backup-service", "swap-service");

    private static final Duration HEALTHY_MAX = Duration.ofMinutes(4);

    private final DockerContainers containers;
    private final Path directory;
    private final int basePort;
    private final String project;
    private final Compose compose;

    private ComposeProduct(DockerContainers containers, Path directory, int basePort) {
        this.containers = containers;
        this.directory = directory;
        this.basePort = basePort;
        this.project = containers.name("compose");
        this.compose = Compose.in(
                Product.root(),
                containers.docker(),
                "--file",
                "docker-compose.yml",
                "--file",
                directory.resolve("labels.yml").toString(),
                "--env-file",
                directory.resolve("env").toString(),
                "--project-name",
                project);
    }

    /** Builds the images as an operator does, and starts everything. */
    static ComposeProduct up() {
        DockerContainers containers = DockerContainers.open();
        try {
            ComposeProduct product =
                    new ComposeProduct(containers, Files.createTempDirectory("uplift-compose"), Product.freeBasePort());
            product.writeSettings();
            Compose.execute(
                    Product.root(),
                    List.of("scripts/images", "--from-debian"),
                    Map.of("UPLIFT_ENV_FILE", product.directory.resolve("env").toString(), "UPLIFT_SKIP_BUILD", "1"));
            containers
                    .docker()
                    .run("image", "prune", "--force", "--filter", "label=org.opencontainers.image.vendor=Uplift");
            product.compose.run("up", "--detach", "--no-build");
            product.awaitHealthy();
            return product;
        } catch (IOException e) {
            containers.close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            containers.close();
            throw e;
        }
    }

    Rest rest() {
        return new Rest(URI.create("http://127.0.0.1:" + basePort));
    }

    /** All that are published or listened on. */
    List<Integer> ports() {
        return Stream.of(0, 1, 2, 3, 4, 6).map(offset -> basePort + offset).toList();
    }

    DockerContainers containers() {
        return containers;
    }

    /** As the engine knows it: Compose itself takes a second for an answer. */
    DockerContainer container(String service) {
        return containers.named(containers
                .docker()
                .run(
                        "ps",
                        "--all",
                        "--quiet",
                        "--filter",
                        "label=com.docker.compose.project=" + project,
                        "--filter",
                        "label=com.docker.compose.service=" + service)
                .strip());
    }

    /** {@code docker compose stop}: all containers end in order, and stay. */
    void stop() {
        compose.run("stop");
    }

    /** {@code docker compose up} again; returns when all are healthy. */
    void start() {
        compose.run("up", "--detach", "--no-build");
        awaitHealthy();
    }

    /** By service. */
    private Map<String, String> health() {
        Map<String, String> health = new TreeMap<>();
        for (String service : SERVICES) {
            health.put(
                    service,
                    container(service).inspect().at("/State/Health/Status").asText());
        }
        return health;
    }

    /** Removes the containers and their data. */
    @Override
    public void close() {
        try {
            compose.run("down", "--volumes");
        } finally {
            containers.close();
            delete(directory);
        }
    }

    private void awaitHealthy() {
        Awaitility.await("the services' health")
                .atMost(HEALTHY_MAX)
                .pollInterval(Duration.ofSeconds(1))
                .failFast(
                        "a service ended: " + directory,
                        () -> SERVICES.stream()
                                .anyMatch(service -> !container(service).running()))
                .until(this::health, health -> health.values().stream().allMatch("healthy"::equals));
    }

    private void writeSettings() throws IOException {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("UPLIFT_TAG", tag());
        List<String> ports = List.of("ORCHESTRATOR", "ARTIFACT", "BACKUP", "SWAP", "KAFKA");
        for (int i = 0; i < ports.size(); i++) {
            settings.put("UPLIFT_" + ports.get(i) + "_PORT", String.valueOf(basePort + i));
        }
        settings.put("UPLIFT_POSTGRES_PORT", String.valueOf(basePort + 6));
        settings.put("UPLIFT_ARTIFACT_ALLOWED_ORIGINS", "http://127.0.0.1:*");
        Files.writeString(
                directory.resolve("env"),
                settings.entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                        .collect(Collectors.joining()));
        StringBuilder labels = new StringBuilder("services:\n");
        String label = "    labels: [\"" + containers.label() + "\"]\n";
        SERVICES.forEach(
                service -> labels.append("  ").append(service).append(":\n").append(label));
        labels.append("networks:\n  default:\n").append(label).append("volumes:\n");
        for (String volume : List.of("kafka", "postgres", "uplift")) {
            labels.append("  ").append(volume).append(":\n").append(label);
        }
        Files.writeString(directory.resolve("labels.yml"), labels);
    }

    /** Other checkouts on this machine have images of their own. */
    private static String tag() {
        return "test-" + Integer.toHexString(Product.root().hashCode());
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
