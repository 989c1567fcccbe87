/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.testing;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Uuid;

/**
 * A real Kafka broker in KRaft mode, in a process of its own, from {@code kafka_2.13} on the test class
 * path. It dies with the tests at the latest.
 */
public final class KafkaBroker implements AutoCloseable {
    private static final int START_SECONDS = 60;

    private final Path directory;
    private final int port;
    private Process process;

    private static final class Shared {
        static final KafkaBroker BROKER = start();
    }

    private KafkaBroker(Path directory, int port) throws IOException {
        this.directory = directory;
        this.port = port;
        this.process = launch();
    }

    /** The one broker of this JVM, started by the first who asks. */
    public static KafkaBroker shared() {
        return Shared.BROKER;
    }

    /** A new broker that answers already. */
    public static KafkaBroker start() {
        try {
            Path directory = Files.createTempDirectory("kafka");
            int port = freePort();
            format(directory, port, freePort());
            KafkaBroker broker = new KafkaBroker(directory, port);
            Runtime.getRuntime().addShutdownHook(new Thread(broker::close));
            broker.await();
            return broker;
        } catch (IOException e) {
            throw new IllegalStateException("no Kafka broker", e);
        }
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** The process that runs now. */
    public ProcessHandle handle() {
        return process.toHandle();
    }

    /** Ends the broker as a power cut would; its data stay. */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    /** Starts a killed broker again, with its data and at its address. */
    public void restart() {
        try {
            process = launch();
        } catch (IOException e) {
            throw new IllegalStateException("no Kafka broker", e);
        }
        await();
    }

    /** Ends the broker and deletes its data. */
    @Override
    public void close() {
        kill();
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        } catch (IOException e) {
            throw new UncheckedIOException("a broker's data were not deleted", e);
        }
    }

    private Process launch() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx320m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "kafka.Kafka",
                        directory.resolve("server.properties").toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("broker.log").toFile()))
                .start();
    }

    private void await() {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                START_SECONDS * 1_000,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                START_SECONDS * 1_000))) {
            var _ = admin.describeCluster().nodes().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the Kafka broker does not answer; see " + directory, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void format(Path directory, int port, int controllerPort) throws IOException {
        Path config = directory.resolve("server.properties");
        Files.write(
                config,
                List.of(
                        "process.roles=broker,controller",
                        "node.id=1",
                        "listeners=PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort,
                        "controller.listener.names=CONTROLLER",
                        "controller.quorum.bootstrap.servers=127.0.0.1:" + controllerPort,
                        "log.dirs=" + directory.resolve("data"),
                        "auto.create.topics.enable=false",
                        "offsets.topic.num.partitions=1",
                        "offsets.topic.replication.factor=1",
                        "share.coordinator.state.topic.replication.factor=1",
                        "transaction.state.log.replication.factor=1",
                        "transaction.state.log.min.isr=1",
                        "group.initial.rebalance.delay.ms=0"));
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int exit = StorageTool.execute(
                new String[] {"format", "--standalone", "-t", Uuid.randomUuid().toString(), "-c", config.toString()},
                new PrintStream(said, true, StandardCharsets.UTF_8));
        if (exit != 0) {
            throw new IllegalStateException(
                    "Kafka's storage was not formatted: " + said.toString(StandardCharsets.UTF_8));
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
