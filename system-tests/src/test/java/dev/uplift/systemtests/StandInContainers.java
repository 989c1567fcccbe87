/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInLedger;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Stand-ins in containers of a real engine, as an operator runs them: their images in a real registry, their database
 * beside them. What the classes about containers set up.
 */
final class StandInContainers implements AutoCloseable {
    static final String OLD = "v0.50.3";
    static final String NEW = "v0.51.1";

    private final DockerContainers containers;
    private final Registry registry;
    private final Registry.Pushed old;
    private final PostgresContainer postgres;
    private final Path ledgers;

    private StandInContainers(DockerContainers containers, Registry registry) {
        this.containers = containers;
        this.registry = registry;
        this.old = registry.standIn(OLD);
        this.postgres = PostgresContainer.start(containers);
        try {
            this.ledgers = Files.createTempDirectory("uplift-ledgers");
            Files.setPosixFilePermissions(ledgers, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** On this machine's engine, with a registry that everybody may read. */
    static StandInContainers open() {
        DockerContainers containers = DockerContainers.open();
        return new StandInContainers(containers, Registry.start(containers));
    }

    /** The same with the registry that the product has a login for. */
    static StandInContainers openPrivate() {
        DockerContainers containers = DockerContainers.open();
        return new StandInContainers(
                containers, Registry.startLocked(containers, Product.shared().privateRegistryPort()));
    }

    /** That the stand-ins are registered with. */
    Product product() {
        return Product.shared();
    }

    DockerContainers containers() {
        return containers;
    }

    Registry registry() {
        return registry;
    }

    /** What every stand-in runs at first. */
    Registry.Pushed old() {
        return old;
    }

    PostgresContainer postgres() {
        return postgres;
    }

    /** The container that has an installation's name now. */
    DockerContainer container(String installation) {
        return containers.named(containers.name(installation));
    }

    JsonNode inspect(String installation) {
        return container(installation).inspect();
    }

    /** Runs the old version beside its database, with these further options, and registers it. */
    Installed install(String name, String faults, String... options) {
        Started started = startBesideDatabase(name, faults, options);
        return Installed.add(
                product(),
                name,
                started.api(),
                () -> StandInLedger.read(started.ledger()),
                postgres,
                "--container",
                containers.name(name));
    }

    /** One that runs, and which the product does not know. */
    record Started(StandInApi api, Path ledger) {}

    /** Runs the old version beside its database, with these further options. */
    Started startBesideDatabase(String name, String faults, String... options) {
        postgres.createDatabase(name, name, "secret-of-" + name);
        List<String> all = new ArrayList<>(List.of(
                "--network",
                containers.network().name(),
                "--restart",
                "always",
                "--env",
                "STANDIN_FAULTS=" + faults,
                "--env",
                "MB_DB_TYPE=postgres",
                "--env",
                "MB_DB_HOST=" + containers.name("postgres"),
                "--env",
                "MB_DB_PORT=" + PostgresContainer.PORT,
                "--env",
                "MB_DB_DBNAME=" + name,
                "--env",
                "MB_DB_USER=" + name,
                "--env",
                "MB_DB_PASS=secret-of-" + name));
        all.addAll(List.of(options));
        return start(name, all.toArray(String[]::new));
    }

    /** Runs the old version with no database but its own H2, and these further options. */
    Started start(String name, String... options) {
        int port = freePort();
        Path ledger = ledger(name);
        List<String> all = new ArrayList<>(List.of(
                "--name",
                containers.name(name),
                "--publish",
                "127.0.0.1:" + port + ":3000",
                "--volume",
                ledger.getParent() + ":/ledger",
                "--env",
                "STANDIN_LEDGER=/ledger/ledger.jsonl",
                "--env",
                "STANDIN_LOCK_WAIT=200ms",
                "--env",
                "JAVA_OPTS=-Xmx160m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"));
        all.addAll(List.of(options));
        all.add(old.reference());
        if (!containers
                .docker()
                .attempt(List.of("image", "inspect", old.reference()), "")
                .ok()) {
            registry.pull(old);
        }
        containers.run(all.toArray(String[]::new));
        return new Started(new StandInApi(URI.create("http://127.0.0.1:" + port)), ledger);
    }

    /** The engine has the old image, from the registry. */
    void pullOld() {
        if (!containers
                .docker()
                .attempt(List.of("image", "inspect", old.reference()), "")
                .ok()) {
            registry.pull(old);
        }
    }

    /** A file that a stand-in in a container can write as whatever user. */
    Path ledger(String name) {
        try {
            Path directory = Files.createDirectories(ledgers.resolve(name));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
            return directory.resolve("ledger.jsonl");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Neither a URL nor a digest: the tag is looked up in the container's repository. */
    static UpgradeRequested request(String name, String tag) {
        return request(name, tag, Dashboard.LIMITS);
    }

    /** The same within other limits. */
    static UpgradeRequested request(String name, String tag, StepLimits limits) {
        return request(name, tag, Map.of(), limits);
    }

    /** The tag is not looked up: this is the image's digest, 64 hexadecimal digits. */
    UpgradeRequested pinned(String name, String tag, String sha256) {
        return request(name, tag, Map.of(old.repository(), sha256), Dashboard.LIMITS);
    }

    private static UpgradeRequested request(String name, String tag, Map<String, String> images, StepLimits limits) {
        return new UpgradeRequested(UUID.randomUUID(), null, List.of(name), tag, null, null, null, images, limits);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        containers.close();
        try (Stream<Path> files = Files.walk(ledgers)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
