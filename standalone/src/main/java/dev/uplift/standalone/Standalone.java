/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import dev.uplift.contract.Json;
import dev.uplift.contract.Topics;
import dev.uplift.contract.api.StandaloneStatus;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs everything until it gets SIGTERM: {@code Standalone HOME DISTRIBUTION BASE_PORT}. Ready when {@code
 * run/standalone.json} is there. Environment variables named {@code UPLIFT_*} are handed to the services.
 *
 * <p>Exit codes: 0 stopped as asked, 1 could not start (the last line on standard error says why).
 */
public final class Standalone implements AutoCloseable {
    private static final Duration READY_MAX = Duration.ofMinutes(3);

    private static final int EXITS_WHILE_STARTING_MAX = 3;

    private final Home home;
    private final Path distribution;
    private final Ports ports;
    private final CountDownLatch asked;
    private final Deque<AutoCloseable> stores = new ArrayDeque<>();
    private final List<ChildProcess> services = new ArrayList<>();

    /** Held as long as this lives: a channel that nobody refers to is closed by the collector, and the lock is gone. */
    private @Nullable FileChannel lock;

    private Standalone(Home home, Path distribution, Ports ports, CountDownLatch asked) {
        this.asked = asked;
        this.home = home;
        this.distribution = distribution;
        this.ports = ports;
    }

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length != 3) {
            System.err.println("usage: Standalone HOME DISTRIBUTION BASE_PORT");
            System.exit(1);
        }
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            asked.countDown();
            try {
                stopped.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        int exit = 0;
        try (Standalone standalone = new Standalone(
                Home.create(Path.of(arguments[0])),
                Path.of(arguments[1]).toAbsolutePath(),
                new Ports(Integer.parseInt(arguments[2])),
                asked)) {
            standalone.start();
            asked.await();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            System.err.println("cannot start: " + reason(e));
            exit = 1;
        } finally {
            stopped.countDown();
        }
        if (asked.getCount() > 0) {
            System.exit(exit);
        }
    }

    /** In words: some exceptions of the JDK only name the file. */
    private static String reason(Exception e) {
        return switch (e) {
            case AccessDeniedException denied ->
                System.getProperty("user.name") + " may not write " + denied.getFile() + "; choose another --home";
            case FileAlreadyExistsException file ->
                file.getFile() + " is in the way, because it is no directory; choose another --home";
            case NoSuchFileException file -> file.getFile() + " cannot be made; choose another --home";
            default -> String.valueOf(e.getMessage());
        };
    }

    /** Starts PostgreSQL and Kafka, then the services; returns when all are ready. */
    private void start() throws IOException, SQLException, InterruptedException {
        lock();
        home.deleteUnfinished();
        Files.deleteIfExists(home.status());
        requireBuilt();
        endLeftovers();
        requireFreePorts();
        Credentials credentials = Credentials.open(home);
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        EmbeddedKafka node = new EmbeddedKafka(home, ports, credentials);
        ChildProcess kafka = node.prepare(
                java, new AotCache(distribution.resolve("standalone/target/kafka.aot")), absoluteClassPath());
        stores.push(kafka);
        kafka.start();
        stores.push(EmbeddedDatabase.start(home, ports, credentials));
        await("Kafka", List.of(kafka), () -> answers(ports.kafka()));
        node.open(System.getenv().getOrDefault("UPLIFT_SITE", Topics.DEFAULT_SITE));
        for (Service service : Service.values()) {
            ChildProcess process = process(java, service, credentials);
            services.add(process);
            process.start();
        }
        HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
        for (Service service : Service.values()) {
            await(service.module(), services, () -> ready(http, ports.of(service)));
        }
        announce();
    }

    @Override
    public void close() throws IOException {
        if (lock == null) {
            return;
        }
        closeQuietly(() -> Files.deleteIfExists(home.status()));
        List<Thread> stops = services.stream()
                .map(service -> Thread.ofVirtual().start(() -> closeQuietly(service)))
                .toList();
        for (Thread stop : stops) {
            try {
                stop.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        stores.forEach(Standalone::closeQuietly);
        lock.close();
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            System.err.println("while stopping: " + e.getMessage());
        }
    }

    private void lock() throws IOException {
        FileChannel channel = FileChannel.open(
                home.run().resolve("standalone.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException(
                    "it runs already, or is being started, with " + home.root() + "; `uplift down` stops it");
        }
        lock = channel;
    }

    private void requireFreePorts() throws IOException {
        Map<Integer, String> wanted = new TreeMap<>();
        for (Service service : Service.values()) {
            wanted.put(ports.of(service), service.module());
        }
        wanted.put(ports.kafka(), "Kafka");
        wanted.put(ports.kafkaController(), "Kafka's controller");
        wanted.put(ports.postgres(), "PostgreSQL");
        for (Map.Entry<Integer, String> entry : wanted.entrySet()) {
            if (answers(entry.getKey())) {
                throw new IOException("port " + entry.getKey() + " for " + entry.getValue()
                        + " is taken; choose others with --base-port");
            }
        }
    }

    private void requireBuilt() throws IOException {
        for (Service service : Service.values()) {
            Path jar = service.jar(distribution);
            if (!Files.exists(jar)) {
                throw new IOException(jar + " is missing; build it with ./mvnw -DskipTests package");
            }
        }
    }

    /** What a supervisor that was killed left running; the database last, because the others use it. */
    private void endLeftovers() throws IOException, InterruptedException {
        for (Service service : Service.values()) {
            ChildProcess.endLeftover(home, service.module());
        }
        ChildProcess.endLeftover(home, EmbeddedKafka.NAME);
        EmbeddedDatabase.endLeftover(home);
    }

    private ChildProcess process(Path java, Service service, Credentials credentials) {
        Map<String, String> environment = new TreeMap<>();
        environment.put("UPLIFT_HOME", home.root().toString());
        environment.put("UPLIFT_HTTP_PORT", String.valueOf(ports.of(service)));
        environment.put("UPLIFT_KAFKA_BOOTSTRAP_SERVERS", ports.kafkaBootstrap());
        environment.put("UPLIFT_KAFKA_USER", service.database());
        environment.put("UPLIFT_KAFKA_PASSWORD", credentials.kafka().getOrDefault(service.database(), ""));
        environment.put(
                "UPLIFT_DATABASE_URL", "jdbc:postgresql://127.0.0.1:" + ports.postgres() + "/" + service.database());
        environment.put("UPLIFT_DATABASE_USER", service.database());
        environment.put("UPLIFT_DATABASE_PASSWORD", credentials.of(service));
        List<String> command = new ArrayList<>(List.of(
                java.toString(),
                // The heap grows with the work: one that is large from the start is soon touched from end to end.
                "-Xms64m",
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+ExitOnOutOfMemoryError",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(service.aotCache(distribution).options());
        String more = System.getenv().getOrDefault("UPLIFT_JAVA_OPTIONS", "").strip();
        if (!more.isEmpty()) {
            command.addAll(List.of(more.split("\\s+")));
        }
        // By -cp, what the manifest opens to Quarkus's threads would stay closed.
        command.addAll(List.of("-jar", service.jar(distribution).toString()));
        return new ChildProcess(service.module(), command, environment, home);
    }

    private void announce() throws IOException {
        StandaloneStatus status = new StandaloneStatus(
                ProcessHandle.current().pid(),
                Instant.now(),
                URI.create("http://127.0.0.1:" + ports.of(Service.ORCHESTRATOR)),
                ports.kafkaBootstrap(),
                ports.postgres());
        Path temporary = home.run().resolve("standalone.json.tmp");
        Json.mapper().writeValue(temporary.toFile(), status);
        Files.move(temporary, home.status(), StandardCopyOption.ATOMIC_MOVE);
    }

    private void await(String what, List<ChildProcess> children, BooleanSupplier condition)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + READY_MAX.toNanos();
        while (!condition.getAsBoolean()) {
            if (asked.await(100, TimeUnit.MILLISECONDS)) {
                throw new IOException("it was stopped before it was ready");
            }
            for (ChildProcess child : children) {
                if (child.exits() >= EXITS_WHILE_STARTING_MAX) {
                    throw new IOException(child.name() + " keeps exiting; see " + home.log(child.name()));
                }
            }
            if (System.nanoTime() > end) {
                throw new IOException(
                        what + " is not ready after " + READY_MAX.toSeconds() + " s; see the logs in " + home.logs());
            }
        }
    }

    /** Children run in another directory. */
    private static String absoluteClassPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 500);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean ready(HttpClient http, int port) {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready"))
                .timeout(Duration.ofSeconds(3))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
