/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.contract.api.StandaloneStatus;
import dev.uplift.standin.StandInServer;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** One running product for all tests of this JVM: the standalone with its four services as real processes. */
final class Product {
    private static final Duration READY_MAX = Duration.ofMinutes(3);
    private static final Duration REGISTERED_MAX = Duration.ofSeconds(60);

    /** Below the ports that the system gives to clients. */
    private static final int BASE_PORT_MIN = 18_480;

    private static final int BASE_PORT_MAX = 28_480;

    private final Path home;
    private final Process process;
    private final StandaloneStatus status;
    private final Rest rest;
    private final KillPoints points;
    private final HttpServer downloads;
    private final int privateRegistryPort;

    private Product(
            Path home, Process process, StandaloneStatus status, HttpServer downloads, int privateRegistryPort) {
        this.home = home;
        this.process = process;
        this.status = status;
        this.privateRegistryPort = privateRegistryPort;
        this.rest = new Rest(status.api());
        this.points = new KillPoints(home.resolve("run"));
        this.downloads = downloads;
    }

    private static final class Shared {
        static final Product INSTANCE = start();
    }

    /** Started with the first call, stopped when the JVM exits. */
    static Product shared() {
        return Shared.INSTANCE;
    }

    Path home() {
        return home;
    }

    StandaloneStatus status() {
        return status;
    }

    Rest rest() {
        return rest;
    }

    /** Where a registry may be started that this product has a login for: what {@link #privateLogin} leads to. */
    int privateRegistryPort() {
        return privateRegistryPort;
    }

    /** A JSON file with {@code user:password} in the field {@code login}; there is none at first. */
    Path privateLogin() {
        return home.resolve("test/registry.json");
    }

    /** Served over HTTP to the artifact-service. */
    Path downloadDirectory() {
        return home.resolve("test/downloads");
    }

    URI download(Path fileBelowDownloads) {
        return URI.create("http://127.0.0.1:" + downloads.getAddress().getPort() + "/"
                + downloadDirectory().relativize(fileBelowDownloads));
    }

    /** Where tests put applications. */
    Path applications() {
        return home.resolve("test/applications");
    }

    /** A connection to the embedded PostgreSQL as its superuser. */
    Connection database(String name) throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + status.postgresPort() + "/" + name, "postgres", password("postgres"));
    }

    String password(String role) {
        Properties credentials = new Properties();
        try (Reader reader = Files.newBufferedReader(home.resolve("run/credentials.properties"))) {
            credentials.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return credentials.getProperty(role);
    }

    /** Registers what runs in a directory, and waits until it is ready. The profile is found by itself. */
    InstallationStatus register(String name, Path directory) {
        rest.register(new RegisterInstallation(name, null, null, null, directory.toString()));
        InstallationStatus found = Awaitility.await("registration of " + name)
                .atMost(REGISTERED_MAX)
                .until(() -> rest.installation(name), status -> status.state() != InstallationStatus.State.REGISTERING);
        if (found.state() != InstallationStatus.State.READY) {
            throw new IllegalStateException(name + " was not registered: " + found);
        }
        return found;
    }

    /** Asks for an upgrade of one installation over REST and returns its id. */
    UUID beginUpgrade(UpgradeRequested request) {
        AcceptedSagas sagas = rest.upgrade(request);
        if (sagas.accepted().size() != 1) {
            throw new IllegalStateException("refused: " + sagas);
        }
        return sagas.accepted().getFirst().upgradeId();
    }

    /** Waits until the saga is final or parked, whatever happens to the orchestrator meanwhile. */
    UpgradeStatus awaitEnd(UUID upgrade, Duration limit) {
        return Awaitility.await("the end of " + upgrade)
                .atMost(limit)
                .pollInterval(Duration.ofMillis(200))
                .ignoreExceptionsMatching(e -> e instanceof UncheckedIOException || e instanceof IllegalStateException)
                .until(
                        () -> rest.upgrade(upgrade),
                        status -> status.state().isFinal() || status.state() == State.PARKED);
    }

    /** Creates a database and its owner, both of that name, in the embedded PostgreSQL. */
    void createDatabase(String name, String password) {
        try (Connection connection = database("postgres");
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE ROLE \"" + name + "\" LOGIN CREATEDB PASSWORD '" + password + "'");
            statement.execute("CREATE DATABASE \"" + name + "\" OWNER \"" + name + "\"");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** See {@link KillPoints#arm}. */
    void arm(String service, String at) {
        points.arm(service, at);
    }

    /** See {@link KillPoints#killed}. */
    boolean killed(String service) {
        return points.killed(service);
    }

    /** See {@link KillPoints#disarm}. */
    void disarm(String service) {
        points.disarm(service);
    }

    /** Kills the service with SIGKILL, wherever it is; the standalone starts it again. */
    void kill(String service) {
        killChild(service + "-service");
    }

    /** Kills what keeps all the others running. */
    void killSupervisor() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Kills a process that is not started again once the supervisor is dead: a module of services, or {@code kafka}. */
    void killChild(String name) {
        try {
            String pid = Files.readString(inRun(name + ".pid")).split(" ", 2)[0];
            ProcessHandle child = ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
            child.destroyForcibly();
            child.onExit().join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** See {@link KillPoints#holdAt}. */
    void holdAt(String service, String at) {
        points.holdAt(service, at);
    }

    /** See {@link KillPoints#isHeld}. */
    boolean isHeld(String service) {
        return points.isHeld(service);
    }

    /** See {@link KillPoints#letGo}. */
    void letGo(String service) {
        points.letGo(service);
    }

    /** See {@link KillPoints#effects}. */
    List<String> effects(String service) {
        return points.effects(service);
    }

    /** See {@link KillPoints#forgetEffects}. */
    void forgetEffects(String service) {
        points.forgetEffects(service);
    }

    private Path inRun(String name) {
        return home.resolve("run").resolve(name);
    }

    private static Product start() {
        Product product = start(root());
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(product::close));
        return product;
    }

    /** Starts a build of the product, which {@code distribution} holds, in a home of its own. */
    static Product start(Path distribution) {
        try {
            Path home = Files.createTempDirectory("uplift-system-tests-");
            Path downloads = Files.createDirectories(home.resolve("test/downloads"));
            Files.createDirectories(home.resolve("test/applications"));
            Files.createDirectories(home.resolve("logs"));
            HttpServer server = SimpleFileServer.createFileServer(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                    downloads,
                    SimpleFileServer.OutputLevel.NONE);
            server.start();
            return start(distribution, home, freeBasePort(), server, StandInContainers.freePort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts another build of it with the home and at the ports of this one, which has ended. */
    Product startAgain(Path distribution) {
        try {
            return start(distribution, home, status.api().getPort(), downloads, privateRegistryPort);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Product start(
            Path distribution, Path home, int basePort, HttpServer downloads, int privateRegistryPort)
            throws IOException {
        Path ready = home.resolve("run/standalone.json");
        Files.deleteIfExists(ready);
        Process process = launch(distribution, home, basePort, privateRegistryPort);
        try {
            Awaitility.await("the standalone; logs in " + home)
                    .atMost(READY_MAX)
                    .pollInterval(Duration.ofMillis(200))
                    .failFast("it exited; logs in " + home, () -> !process.isAlive())
                    .until(() -> Files.exists(ready));
        } catch (RuntimeException e) {
            process.destroy();
            throw e;
        }
        return new Product(
                home,
                process,
                Json.mapper().readValue(ready.toFile(), StandaloneStatus.class),
                downloads,
                privateRegistryPort);
    }

    private static Process launch(Path distribution, Path home, int basePort, int privateRegistryPort)
            throws IOException {
        List<String> command = Program.java(distribution, "standalone", "-Xmx128m");
        command.addAll(List.of(
                "dev.uplift.standalone.Standalone",
                home.toString(),
                distribution.toString(),
                String.valueOf(basePort)));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        home.resolve("logs/standalone.log").toFile()));
        builder.environment().put("UPLIFT_ARTIFACT_ALLOWED_ORIGINS", "http://127.0.0.1:*");
        builder.environment()
                .put(
                        "UPLIFT_REGISTRY_LOGINS",
                        "127.0.0.1:" + privateRegistryPort + "=file:" + home.resolve("test/registry.json") + "#/login");
        builder.environment().put("UPLIFT_JAVA_OPTIONS", String.join(" ", KillPoints.options(home.resolve("run"))));
        // An earlier build has its crash points in itself.
        builder.environment().put("UPLIFT_CRASH_DIRECTORY", home.resolve("run").toString());
        Process process = builder.start();
        // Whatever becomes of the test, it does not outlive it.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(process::destroy));
        return process;
    }

    /** Stops it and what it upgraded, and deletes what is large; the logs stay. */
    void close() {
        process.destroy();
        downloads.stop(0);
        try (Stream<Path> directories = Files.walk(applications(), 1)) {
            directories.forEach(
                    directory -> StandInServer.runningIn(directory).forEach(ProcessHandle::destroyForcibly));
            process.waitFor(60, TimeUnit.SECONDS);
            for (String bulky : List.of("postgres", "kafka", "artifacts", "backups", "test")) {
                deleteAll(home.resolve(bulky));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void deleteAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The checkout: the directory above this module. */
    static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        return Files.exists(directory.resolve("mvnw")) ? directory : Objects.requireNonNull(directory.getParent());
    }

    /** Begins anywhere, so that test runs on one machine seldom meet. */
    static int freeBasePort() {
        return ThreadLocalRandom.current()
                .ints(BASE_PORT_MIN / 10, BASE_PORT_MAX / 10)
                .map(tens -> tens * 10)
                .filter(base -> IntStream.range(base, base + 7).allMatch(Product::isFree))
                .findFirst()
                .orElseThrow();
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
