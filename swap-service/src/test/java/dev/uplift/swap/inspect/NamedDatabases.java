/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static org.awaitility.Awaitility.await;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.testbed.Forwarder;
import dev.uplift.testbed.containers.DockerContainer;
import dev.uplift.testbed.containers.PostgresContainer;
import dev.uplift.testbed.containers.Registry;
import dev.uplift.testbed.containers.StandInOnHost;
import dev.uplift.testbed.containers.SystemdHost;
import dev.uplift.testbed.containers.SystemdHosts;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Stand-ins that serve as processes of this machine, units of a host that is reached by SSH, and containers, each told of
 * its database in another way. The databases are {@code real}, and {@code decoy}, which has the profile's table too.
 */
final class NamedDatabases implements AutoCloseable {
    private static final String VERSION = "v0.50.3";
    private static final String ROLE = "app";
    private static final String PASSWORD = "secret";
    private static final Duration START = Duration.ofMinutes(2);
    private static final AtomicInteger NUMBERS = new AtomicInteger();

    private final List<AutoCloseable> open = new ArrayList<>();
    private final NodeProbe probe = closing(new NodeProbe(Duration.ofSeconds(3)));
    private final Path home = temporary("uplift-named");
    private final HostConnections connections = closing(new HostConnections(home, DockerEndpoint.LOCAL));
    private final StandInRelease release =
            StandInReleases.stamp(Path.of("target", "standin").toAbsolutePath(), VERSION);
    private @Nullable Server local;
    private @Nullable Machines machines;

    /** What runs the stand-in. */
    enum NodePlace {
        PROCESS,
        UNIT,
        CONTAINER
    }

    /** How the database is named; the text is the manual's. */
    enum Naming {
        H2_ENVIRONMENT("H2", "the environment"),
        H2_ARGUMENT("H2", "an argument"),
        H2_FILE("H2", "a configuration file, which the application prefers to its environment"),
        H2_LINK("H2", "a path through a symbolic link"),
        H2_MOUNT("H2", "a path through a bind mount"),
        ENVIRONMENT("PostgreSQL", "the environment"),
        ARGUMENT("PostgreSQL", "an argument"),
        FILE("PostgreSQL", "a configuration file, which the application prefers to its environment"),
        ALIAS("PostgreSQL", "another name of the server"),
        FORWARD("PostgreSQL", "a port forward to a server where nobody works on another database"),
        FORWARD_AMONG_OTHERS("PostgreSQL", "a port forward to a server where somebody works on another database");

        private final String database;
        private final String text;

        Naming(String database, String text) {
            this.database = database;
            this.text = text;
        }

        String database() {
            return database;
        }

        String text() {
            return text;
        }
    }

    /** A server with the two databases. */
    private record Server(String address, String alias, int port, String url) {
        void sql(String database, String statement) throws Exception {
            try (Connection connection = connect(database, "postgres", "postgres");
                    Statement sql = connection.createStatement()) {
                sql.execute(statement);
            }
        }

        Connection connect(String database, String user, String password) throws Exception {
            return DriverManager.getConnection(url + database, user, password);
        }
    }

    /** A host with systemd, an engine with the stand-in's image, and a server that both reach. */
    private record Machines(SystemdHosts hosts, SystemdHost host, Registry.Pushed image, Server server) {}

    /** How a stand-in is to be started. */
    private static final class Settings {
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final Map<String, String> file = new LinkedHashMap<>();
        private final List<String> javaOptions = new ArrayList<>();
        private final List<String> containerOptions = new ArrayList<>();
        private final List<AutoCloseable> open = new ArrayList<>();

        Settings postgres(String address, int port, String database) {
            environment.putAll(Map.of(
                    "MB_DB_TYPE", "postgres",
                    "MB_DB_HOST", address,
                    "MB_DB_PORT", Integer.toString(port),
                    "MB_DB_DBNAME", database,
                    "MB_DB_USER", ROLE,
                    "MB_DB_PASS", PASSWORD));
            return this;
        }

        String fileText() {
            StringBuilder text = new StringBuilder();
            file.forEach(
                    (name, value) -> text.append(name).append('=').append(value).append('\n'));
            return text.toString();
        }
    }

    /** A stand-in that serves. */
    final class Running implements AutoCloseable {
        private final UUID installation = UUID.randomUUID();
        private final List<AutoCloseable> parts;
        private final @Nullable Path directory;
        private final @Nullable HostSpec host;
        private final @Nullable String unit;
        private final @Nullable String container;

        private Running(
                List<AutoCloseable> parts,
                @Nullable Path directory,
                @Nullable HostSpec host,
                @Nullable String unit,
                @Nullable String container) {
            this.parts = parts;
            this.directory = directory;
            this.host = host;
            this.unit = unit;
            this.container = container;
        }

        Inspection inspect(boolean assume) throws Exception {
            return new Inspector(TestSite.of(connections), Profiles.load(Optional.empty()), probe, CrashPoints.none())
                    .inspect(new Inspection.Requested(
                            installation,
                            "seen",
                            null,
                            "default",
                            null,
                            directory == null ? null : directory.toString(),
                            host,
                            unit,
                            container,
                            null,
                            null,
                            null,
                            assume ? true : null));
        }

        @Override
        public void close() {
            closeAll(parts);
        }
    }

    /** Starts a stand-in and returns when it serves. */
    Running start(NodePlace node, Naming naming) throws Exception {
        return switch (node) {
            case PROCESS -> process(settings(node, naming, temporary("uplift-seen")));
            case UNIT -> unit(settings(node, naming, Path.of("/opt/m" + NUMBERS.incrementAndGet())));
            case CONTAINER -> container(settings(node, naming, temporary("uplift-seen")));
        };
    }

    /** Starts one whose environment names an empty database and that works on another. */
    Running startOnAnotherThanTheEmptyOneThatIsNamed() throws Exception {
        Server server = server(NodePlace.PROCESS);
        server.sql("postgres", "CREATE DATABASE empty OWNER " + ROLE);
        Settings settings = new Settings().postgres(server.address(), server.port(), "empty");
        settings.file.put("MB_DB_DBNAME", "real");
        return process(new Prepared(temporary("uplift-seen"), settings));
    }

    private record Prepared(Path directory, Settings settings) {}

    private Prepared settings(NodePlace node, Naming naming, Path directory) throws Exception {
        Settings settings = new Settings();
        Path data = node == NodePlace.CONTAINER ? Path.of("/data") : directory;
        switch (naming) {
            case H2_ENVIRONMENT ->
                settings.environment.put("MB_DB_FILE", data.resolve("here").toString());
            case H2_ARGUMENT -> settings.javaOptions.add("-Dmb.db.file=" + data.resolve("here"));
            case H2_FILE -> {
                settings.environment.put("MB_DB_FILE", data.resolve("decoy").toString());
                settings.file.put("MB_DB_FILE", data.resolve("here").toString());
            }
            case H2_LINK, H2_MOUNT -> {
                String other = node == NodePlace.CONTAINER ? "data" : "by-another-path";
                settings.environment.put(
                        "MB_DB_FILE",
                        node == NodePlace.CONTAINER
                                ? data.resolve("here").toString()
                                : directory.resolve(other).resolve("here").toString());
                otherPath(node, naming, directory, settings);
            }
            case ENVIRONMENT -> {
                Server server = server(node);
                settings.postgres(server.address(), server.port(), "real");
            }
            case ARGUMENT -> {
                Server server = server(node);
                settings.postgres(server.address(), server.port(), "decoy");
                settings.javaOptions.add("-Dmb.db.dbname=real");
            }
            case FILE -> {
                Server server = server(node);
                settings.postgres(server.address(), server.port(), "decoy");
                settings.file.put("MB_DB_DBNAME", "real");
            }
            case ALIAS -> {
                Server server = server(node);
                settings.postgres(server.alias(), server.port(), "real");
                settings.containerOptions.addAll(List.of("--add-host", server.alias() + ":" + server.address()));
            }
            case FORWARD, FORWARD_AMONG_OTHERS -> {
                Server server = server(node);
                Forwarder forwarder = new Forwarder(server.address(), server.port());
                settings.open.add(forwarder);
                String address = node == NodePlace.PROCESS
                        ? "127.0.0.1"
                        : machines().hosts().network().gateway();
                settings.postgres(address, forwarder.port(), "real");
                if (naming == Naming.FORWARD_AMONG_OTHERS) {
                    settings.open.add(server.connect("decoy", ROLE, PASSWORD));
                }
            }
        }
        return new Prepared(directory, settings);
    }

    private void otherPath(NodePlace node, Naming naming, Path directory, Settings settings) throws Exception {
        Path real = directory.resolve("data");
        Path other = directory.resolve("by-another-path");
        switch (node) {
            case PROCESS -> {
                Files.createDirectory(real);
                if (naming == Naming.H2_LINK) {
                    Files.createSymbolicLink(other, real);
                } else {
                    Files.createDirectory(other);
                    command("mount", "--bind", real.toString(), other.toString());
                    settings.open.add(() -> command("umount", other.toString()));
                }
            }
            case UNIT -> {
                SystemdHost host = machines().host();
                host.exec("mkdir", "-p", real.toString());
                if (naming == Naming.H2_LINK) {
                    host.exec("ln", "-s", real.toString(), other.toString());
                } else {
                    host.exec("mkdir", other.toString());
                    host.exec("mount", "--bind", real.toString(), other.toString());
                }
            }
            case CONTAINER -> {
                Files.createDirectory(real);
                if (naming == Naming.H2_LINK) {
                    Files.createSymbolicLink(other, real);
                }
                settings.containerOptions.addAll(
                        List.of("--volume", (naming == Naming.H2_LINK ? other : real) + ":/data"));
            }
        }
    }

    private Running process(Prepared prepared) throws Exception {
        Path directory = prepared.directory();
        Settings settings = prepared.settings();
        Files.writeString(directory.resolve("standin.properties"), settings.fileText());
        StandInServer.Launch launch = StandInServer.in(directory)
                .release(release)
                .java(Path.of(System.getProperty("java.home"), "bin", "java"))
                .javaOption("-XX:TieredStopAtLevel=1")
                .javaOption("-XX:+UseSerialGC");
        settings.javaOptions.forEach(launch::javaOption);
        settings.environment.forEach(launch::env);
        StandInServer server = launch.start();
        settings.open.add(server);
        server.awaitHealthy(START);
        return new Running(settings.open, directory, null, null, null);
    }

    private Running unit(Prepared prepared) throws Exception {
        Machines all = machines();
        Settings settings = prepared.settings();
        String name = String.valueOf(prepared.directory().getFileName());
        int port = 4000 + NUMBERS.incrementAndGet();
        StandInOnHost standIn =
                StandInOnHost.in(all.host(), prepared.directory(), release).port(port);
        settings.environment.forEach(standIn::env);
        settings.javaOptions.forEach(standIn::javaOption);
        all.host().write(prepared.directory().resolve("standin.properties"), settings.fileText());
        standIn.installUnit(name);
        settings.open.add(() -> all.host().systemctl("stop", name + ".service"));
        StandInApi api = new StandInApi(URI.create("http://" + all.host().address() + ":" + port));
        await().atMost(START).until(api::healthy);
        HostSpec host = new HostSpec.Ssh(
                "web1",
                all.host().address(),
                SystemdHost.SSH_PORT,
                "root",
                all.host().fingerprint(),
                "file:" + all.hosts().privateKey());
        return new Running(settings.open, null, host, name + ".service", null);
    }

    private Running container(Prepared prepared) throws Exception {
        Machines all = machines();
        Settings settings = prepared.settings();
        String name = all.hosts().containers().name("m" + NUMBERS.incrementAndGet());
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        Path file = Files.writeString(prepared.directory().resolve("standin.properties"), settings.fileText());
        List<String> options = new ArrayList<>(List.of("--name", name, "--publish", "127.0.0.1:" + port + ":3000"));
        options.addAll(List.of("--network", all.hosts().network().name(), "--env", "MUID=0", "--env", "MGID=0"));
        options.addAll(List.of("--volume", file + ":/standin.properties:ro"));
        settings.javaOptions.add("-XX:TieredStopAtLevel=1");
        options.addAll(List.of("--env", "JAVA_OPTS=" + String.join(" ", settings.javaOptions)));
        settings.environment.forEach((key, value) -> options.addAll(List.of("--env", key + "=" + value)));
        options.addAll(settings.containerOptions);
        if (!settings.containerOptions.contains("--volume")) {
            options.addAll(
                    List.of("--volume", all.hosts().containers().volume("m" + NUMBERS.incrementAndGet()) + ":/data"));
        }
        options.add(all.image().reference());
        DockerContainer container = all.hosts().containers().run(options.toArray(String[]::new));
        settings.open.add(container::remove);
        StandInApi api = new StandInApi(URI.create("http://127.0.0.1:" + port));
        await().atMost(START).until(api::healthy);
        return new Running(settings.open, null, null, null, name);
    }

    private Server server(NodePlace node) throws Exception {
        return node == NodePlace.PROCESS ? local() : machines().server();
    }

    private Server local() throws Exception {
        if (local == null) {
            EmbeddedPostgres postgres = closing(EmbeddedPostgres.builder().start());
            local = withDatabases(new Server(
                    "127.0.0.1",
                    "localhost",
                    postgres.getPort(),
                    "jdbc:postgresql://127.0.0.1:" + postgres.getPort() + "/"));
        }
        return Objects.requireNonNull(local);
    }

    private Machines machines() throws Exception {
        if (machines == null) {
            SystemdHosts hosts = closing(SystemdHosts.open());
            PostgresContainer postgres = PostgresContainer.start(hosts.containers());
            postgres.sql("postgres", "ALTER ROLE postgres PASSWORD 'postgres'");
            Server server =
                    withDatabases(new Server(postgres.address(), "database.internal", 5432, postgres.jdbcUrl("")));
            SystemdHost host = hosts.start("seen");
            host.exec("sh", "-c", "echo '" + server.address() + " " + server.alias() + "' >>/etc/hosts");
            Registry.Pushed image = Registry.start(hosts.containers()).standIn(VERSION);
            machines = new Machines(hosts, host, image, server);
        }
        return Objects.requireNonNull(machines);
    }

    private static Server withDatabases(Server server) throws Exception {
        server.sql("postgres", "CREATE ROLE " + ROLE + " LOGIN PASSWORD '" + PASSWORD + "'");
        for (String database : List.of("real", "decoy")) {
            server.sql("postgres", "CREATE DATABASE " + database + " OWNER " + ROLE);
        }
        server.sql("decoy", "CREATE TABLE databasechangelog (id text)");
        return server;
    }

    private static void command(String... words) throws Exception {
        Process process = new ProcessBuilder(words).inheritIO().start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", words) + " ended with " + process.exitValue());
        }
    }

    private Path temporary(String prefix) {
        try {
            Path directory = Files.createTempDirectory(
                            prefix, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")))
                    .toRealPath();
            open.add(() -> delete(directory));
            return directory;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private <T extends AutoCloseable> T closing(T part) {
        open.add(part);
        return part;
    }

    @Override
    public void close() {
        closeAll(open);
    }

    private static void closeAll(List<AutoCloseable> parts) {
        for (AutoCloseable part : parts.reversed()) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
