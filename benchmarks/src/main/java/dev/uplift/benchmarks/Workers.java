/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** The workers of all sites: every command succeeds at once, and every registration finds what was asked for. */
final class Workers implements AutoCloseable {
    static final String OLD = "v0.50.1";
    static final String NEW = "v0.51.2";

    private static final String OLD_SHA256 = "a".repeat(64);
    private static final String NEW_SHA256 = "b".repeat(64);
    private static final URI SOURCE = URI.create("/uplift/benchmarks");
    private static final int PARTITIONS = 6;

    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final Thread thread;
    private final Map<UUID, Long> answeredNanos = new ConcurrentHashMap<>();
    private final Histogram untilNext =
            new ConcurrentHistogram(Duration.ofMinutes(10).toNanos() / 1_000, 3);

    Workers(String bootstrapServers, List<String> sites) throws InterruptedException {
        List<String> topics = sites.stream()
                .flatMap(site -> Arrays.stream(ServiceName.values()).map(service -> Topics.commands(service, site)))
                .toList();
        make(bootstrapServers, topics);
        producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                new StringSerializer(),
                new ByteArraySerializer());
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                        ConsumerConfig.GROUP_ID_CONFIG, "benchmark-workers",
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        consumer.subscribe(topics);
        thread = Thread.ofPlatform().name("workers").start(this::run);
    }

    /** From the sending of a result to the arrival of the next command of the saga, in microseconds, since the last call. */
    Histogram untilNext() {
        Histogram copy = untilNext.copy();
        untilNext.reset();
        answeredNanos.clear();
        return copy;
    }

    void send(String topic, Message message) {
        var _ = producer.send(WireCodec.encode(topic, message));
    }

    private static void make(String bootstrapServers, List<String> topics) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            admin.createTopics(topics.stream()
                            .map(topic -> new NewTopic(topic, PARTITIONS, (short) 1))
                            .toList())
                    .all()
                    .get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the topics of the sites could not be made", e);
        }
    }

    private void run() {
        try (consumer) {
            while (!Thread.currentThread().isInterrupted()) {
                for (ConsumerRecord<String, byte[]> command : consumer.poll(Duration.ofSeconds(1))) {
                    take(command);
                }
            }
        } catch (WakeupException e) {
            // It is closed.
        }
    }

    private void take(ConsumerRecord<String, byte[]> command) {
        try {
            switch (WireCodec.decode(command).body()) {
                case StepCommand step -> answer(step);
                case Inspection.Requested asked -> answer(asked);
                case Object other -> throw new IllegalStateException("no command: " + other);
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(StepCommand command) {
        Long before = answeredNanos.remove(command.sagaId());
        if (before != null) {
            untilNext.recordValue((System.nanoTime() - before) / 1_000);
        }
        StepResult.Succeeded result = new StepResult.Succeeded(
                command.sagaId(),
                command.installation().id(),
                command.stepIndex(),
                command.direction(),
                command.attempt(),
                output(command));
        answeredNanos.put(command.sagaId(), System.nanoTime());
        send(
                Topics.results(command.step().service()),
                message(MessageType.STEP_SUCCEEDED, command.installation().id(), result));
    }

    private static Message message(String type, UUID installation, Object body) {
        return new Message(UUID.randomUUID(), type, SOURCE, installation.toString(), Instant.now(), null, body);
    }

    private static StepOutput output(StepCommand command) {
        return switch (command.step()) {
            case PREFLIGHT ->
                new StepOutput.NodesChecked(new Release(command.from().version(), "oss", OLD_SHA256, null), List.of());
            case PREFLIGHT_DATABASE -> new StepOutput.DatabaseChecked("2.1", 1_000, List.of());
            case FETCH ->
                new StepOutput.ArtifactsFetched(List.of(new Artifact(
                        NEW_SHA256, 100, command.to().version(), "oss", URI.create("http://127.0.0.1/a/x"), true)));
            case STOP -> new StepOutput.NodesStopped(Instant.now(), null);
            case BACKUP ->
                new StepOutput.BackedUp(
                        new Backup(UUID.randomUUID(), "hash-1", 1_000, command.from(), Instant.now()), List.of());
            case START -> new StepOutput.Serving(command.to().version(), Instant.now());
            case LOCATE, STAGE, SWITCH, REINSTATE, SCALE, SOAK, COMMIT, MIGRATE_DOWN, SAFETY_BACKUP ->
                new StepOutput.Nothing();
        };
    }

    private void answer(Inspection.Requested asked) {
        String directory = "/srv/" + asked.name();
        send(
                Topics.results(ServiceName.SWAP),
                message(
                        MessageType.INSTALLATION_FOUND,
                        asked.installationId(),
                        new Inspection.Found(
                                asked.installationId(),
                                new InstallationSpec(
                                        asked.installationId(),
                                        asked.name(),
                                        "metabase",
                                        asked.site(),
                                        List.of(new NodeSpec.JarProcess(
                                                "node-1",
                                                NodeSpec.LOCAL,
                                                directory,
                                                "metabase.jar",
                                                URI.create("http://127.0.0.1:3000"))),
                                        new DatabaseSpec.H2(
                                                NodeSpec.LOCAL, directory + "/metabase.db.mv.db", null, null)),
                                new Release(OLD, "oss", OLD_SHA256, null),
                                List.of(),
                                null,
                                null,
                                asked.accepted() != null)));
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close();
    }
}
