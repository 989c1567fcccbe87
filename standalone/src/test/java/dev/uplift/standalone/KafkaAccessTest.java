/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.Reader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user of this machine, and each of Kafka's users, can do with the Kafka of a standalone. */
final class KafkaAccessTest {
    private static final String SITE = Topics.DEFAULT_SITE;
    private static final List<String> TOPICS = List.of(
            Topics.TRIGGERS,
            Topics.EVENTS,
            Topics.STATUS_UPGRADES,
            Topics.results(ServiceName.SWAP),
            Topics.results(ServiceName.BACKUP),
            Topics.commands(ServiceName.SWAP, SITE),
            Topics.commands(ServiceName.BACKUP, SITE));

    @TempDir
    private static Path directory = Path.of("");

    private static Home home;
    private static Ports ports;
    private static Credentials credentials;
    private static ChildProcess node;

    @BeforeAll
    static void start() throws Exception {
        home = Home.create(directory.resolve("home"));
        ports = new Ports(freeBasePort());
        formatAsBeforeThereWereUsers();
        credentials = Credentials.open(home);
        EmbeddedKafka kafka = new EmbeddedKafka(home, ports, credentials);
        node = kafka.prepare(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                new AotCache(directory.resolve("none")),
                System.getProperty("java.class.path"));
        node.start();
        kafka.open(SITE);
        kafka.open(SITE);
        try (Admin admin = Admin.create(client(KafkaAccess.BROKER))) {
            admin.createTopics(TOPICS.stream()
                            .map(topic -> new NewTopic(topic, 1, (short) 1))
                            .toList())
                    .all()
                    .get(60, TimeUnit.SECONDS);
        }
    }

    /** A home that goes on after an update has storage, and passwords of the database only. */
    private static void formatAsBeforeThereWereUsers() throws IOException {
        Files.writeString(home.run().resolve("credentials.properties"), "postgres=kept\n");
        Files.createDirectories(home.kafka());
        Path old = home.kafka().resolve("old.properties");
        Files.write(
                old,
                List.of(
                        "process.roles=broker,controller",
                        "node.id=1",
                        "listeners=PLAINTEXT://" + ports.kafkaBootstrap() + ",CONTROLLER://127.0.0.1:"
                                + ports.kafkaController(),
                        "controller.listener.names=CONTROLLER",
                        "controller.quorum.bootstrap.servers=127.0.0.1:" + ports.kafkaController(),
                        "log.dirs=" + home.kafka().resolve("data")));
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int exit = StorageTool.execute(
                new String[] {"format", "--standalone", "-t", Uuid.randomUuid().toString(), "-c", old.toString()},
                new PrintStream(said, true, StandardCharsets.UTF_8));
        assertThat(exit).as(said.toString(StandardCharsets.UTF_8)).isZero();
    }

    @AfterAll
    static void stop() throws IOException {
        node.close();
    }

    @ParameterizedTest
    @CsvSource({
        "orchestrator, uplift.commands.swap.default",
        "orchestrator, uplift.events",
        "orchestrator, uplift.status.upgrades",
        "swap,         uplift.results.swap",
        "operator,     uplift.triggers"
    })
    void eachWritesWhatIsItsOwn(String user, String topic) throws Exception {
        assertThat(write(client(user), topic)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "swap,         uplift.results.backup",
        "swap,         uplift.commands.swap.default",
        "swap,         uplift.commands.backup.default",
        "swap,         uplift.triggers",
        "swap,         uplift.status.upgrades",
        "orchestrator, uplift.results.swap",
        "operator,     uplift.results.swap",
        "operator,     uplift.commands.swap.default",
        "operator,     uplift.events"
    })
    void nobodyWritesWhatIsAnothers(String user, String topic) throws Exception {
        assertThat(write(client(user), topic)).isInstanceOf(AuthorizationException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "orchestrator, uplift.orchestrator.results, uplift.results.swap,           true",
        "swap,         uplift.swap.commands.default, uplift.commands.swap.default, true",
        "swap,         uplift.swap.commands.default, uplift.commands.backup.default, false",
        "swap,         uplift.backup.commands.default, uplift.commands.swap.default, false",
        "operator,     dashboard,                     uplift.events,               true",
        "operator,     uplift.swap.commands.default,  uplift.commands.swap.default, false"
    })
    void eachReadsWhatIsItsOwn(String user, String group, String topic, boolean allowed) {
        assertThat(reads(client(user), group, topic)).isEqualTo(allowed);
    }

    @Test
    void whoeverDoesNotSayWhoHeIsGetsNowhere() throws Exception {
        Map<String, Object> anonymous = new HashMap<>();
        anonymous.put("bootstrap.servers", ports.kafkaBootstrap());
        assertThat(write(anonymous, Topics.TRIGGERS)).isNotNull();
        Map<String, Object> guessing = new HashMap<>(KafkaAccess.clientSettings(KafkaAccess.OPERATOR, "guess"));
        guessing.put("bootstrap.servers", ports.kafkaBootstrap());
        assertThat(write(guessing, Topics.TRIGGERS)).isInstanceOf(SaslAuthenticationException.class);
    }

    @Test
    void theOperatorsFileIsAllThatKafkasToolsNeedAndIsItsOwnersOnly() throws Exception {
        Properties file = new Properties();
        try (Reader reader = Files.newBufferedReader(home.kafkaClient())) {
            file.load(reader);
        }
        Map<String, Object> client = new HashMap<>();
        file.forEach((key, value) -> client.put(key.toString(), value));

        assertThat(write(client, Topics.TRIGGERS)).isNull();
        for (Path secret : List.of(
                home.kafkaClient(),
                home.kafka().resolve("server.properties"),
                home.run().resolve("credentials.properties"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(secret)))
                    .as("%s", secret)
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void passwordsFromBeforeAreKept() throws Exception {
        assertThat(credentials.superuser()).isEqualTo("kept");
        assertThat(Credentials.open(home).kafka())
                .isEqualTo(credentials.kafka())
                .hasSize(6);
    }

    /** Absent: it was written. */
    private static @Nullable Throwable write(Map<String, Object> client, String topic) throws InterruptedException {
        Map<String, Object> config = new HashMap<>(client);
        config.put("max.block.ms", 5_000);
        config.put("request.timeout.ms", 3_000);
        config.put("delivery.timeout.ms", 6_000);
        config.put("linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            var _ = producer.send(new ProducerRecord<>(topic, new byte[] {1})).get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (KafkaException e) {
            return e;
        }
    }

    private static boolean reads(Map<String, Object> client, String group, String topic) {
        Map<String, Object> config = new HashMap<>(client);
        config.put("group.id", group);
        config.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of(topic));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (consumer.assignment().isEmpty() && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(200));
            }
            return !consumer.assignment().isEmpty();
        } catch (AuthorizationException e) {
            return false;
        }
    }

    private static Map<String, Object> client(String user) {
        Map<String, Object> client = new HashMap<>(
                KafkaAccess.clientSettings(user, credentials.kafka().getOrDefault(user, "")));
        client.put("bootstrap.servers", ports.kafkaBootstrap());
        return client;
    }

    private static int freeBasePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Math.min(socket.getLocalPort(), 65_000);
        }
    }
}
