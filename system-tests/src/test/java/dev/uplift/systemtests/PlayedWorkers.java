/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

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
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
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
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * The swap-service and the backup-service of a fleet that exists only as messages: every command succeeds at once, and a copy
 * of it is answered with the same message. They bear that Kafka is away.
 */
final class PlayedWorkers implements AutoCloseable {
    private static final String OLD = "v0.50.1";

    private static final URI SOURCE = URI.create("/uplift/played-workers");
    private static final Duration AWAY_MAX = Duration.ofMinutes(10);
    private static final Duration COME_MAX = Duration.ofMinutes(2);

    private final KafkaConsumer<String, byte[]> consumer;
    private final KafkaProducer<String, byte[]> producer;
    private final Map<UUID, Message> answers = new ConcurrentHashMap<>();
    private final Map<UUID, StepCommand> held = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile @Nullable StepName holding;

    PlayedWorkers(Properties client) {
        Properties sending = with(client, ProducerConfig.ACKS_CONFIG, "all");
        sending.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) AWAY_MAX.toMillis());
        sending.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, AWAY_MAX.toMillis());
        producer = new KafkaProducer<>(sending, new StringSerializer(), new ByteArraySerializer());
        Properties reading = with(client, ConsumerConfig.GROUP_ID_CONFIG, "uplift.played.commands");
        reading.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        reading.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // The topics are made by the product.
        reading.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 1_000);
        consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new ByteArrayDeserializer());
        consumer.subscribe(List.of(
                Topics.commands(ServiceName.SWAP, Topics.DEFAULT_SITE),
                Topics.commands(ServiceName.BACKUP, Topics.DEFAULT_SITE)));
        thread = Thread.ofPlatform().name("played-workers").start(this::run);
    }

    private static Properties with(Properties client, String key, Object value) {
        Properties more = new Properties();
        more.putAll(client);
        more.put(key, value);
        return more;
    }

    /** Keeps the answers to this step back from now on. */
    void hold(StepName step) {
        holding = step;
    }

    /** Waits until so many commands of the step that is held have come. */
    void awaitHeld(int count) {
        Awaitility.await(count + " commands of " + holding).atMost(COME_MAX).until(() -> held.size() == count);
    }

    /** Sends all answers that were kept back, at once. */
    void release() {
        letGo(null).forEach(this::answer);
        producer.flush();
    }

    /** The same, and keeps the answers to {@code next} back from now on. */
    void releaseAndHold(StepName next) {
        letGo(next).forEach(this::answer);
        producer.flush();
    }

    /** Sends all answers that were kept back, one by one, and before each of them what {@code before} has to send. */
    void release(Consumer<StepCommand> before) {
        for (StepCommand command : letGo(null)) {
            before.accept(command);
            answer(command);
            producer.flush();
        }
    }

    private List<StepCommand> letGo(@Nullable StepName next) {
        holding = next;
        List<StepCommand> all = List.copyOf(held.values());
        held.clear();
        return all;
    }

    private void run() {
        try (consumer) {
            while (!Thread.currentThread().isInterrupted()) {
                for (ConsumerRecord<String, byte[]> command : consumer.poll(Duration.ofMillis(100))) {
                    take(command);
                }
                producer.flush();
                consumer.commitAsync();
            }
        } catch (WakeupException e) {
            // It is closed.
        }
    }

    private void take(ConsumerRecord<String, byte[]> command) {
        try {
            switch (WireCodec.decode(command).body()) {
                case StepCommand step when step.step() == holding -> held.put(step.commandId(), step);
                case StepCommand step -> answer(step);
                case Inspection.Requested asked -> found(asked);
                case Object other -> throw new IllegalStateException("no command: " + other);
            }
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(StepCommand command) {
        Message answer = answers.computeIfAbsent(
                command.commandId(),
                _ -> message(
                        MessageType.STEP_SUCCEEDED,
                        command.installation().id(),
                        new StepResult.Succeeded(
                                command.sagaId(),
                                command.installation().id(),
                                command.stepIndex(),
                                command.direction(),
                                command.attempt(),
                                output(command))));
        send(Topics.results(command.step().service()), answer);
    }

    private void send(String topic, Message message) {
        var _ = producer.send(WireCodec.encode(topic, message));
    }

    private static Message message(String type, UUID installation, Object body) {
        return new Message(UUID.randomUUID(), type, SOURCE, installation.toString(), Instant.now(), null, body);
    }

    private static StepOutput output(StepCommand command) {
        return switch (command.step()) {
            case PREFLIGHT -> new StepOutput.NodesChecked(running(command.from().version()), List.of());
            case PREFLIGHT_DATABASE -> new StepOutput.DatabaseChecked("2.1", 1_000, List.of());
            case STOP -> new StepOutput.NodesStopped(Instant.now(), null);
            case BACKUP ->
                new StepOutput.BackedUp(
                        new Backup(UUID.randomUUID(), "hash-1", 1_000, command.from(), Instant.now()), List.of());
            case START -> new StepOutput.Serving(command.to().version(), Instant.now());
            default -> new StepOutput.Nothing();
        };
    }

    private static Release running(String version) {
        return new Release(version, "oss", "a".repeat(64), null);
    }

    private void found(Inspection.Requested asked) {
        String directory = "/srv/" + asked.name();
        UUID id = asked.installationId();
        InstallationSpec spec = new InstallationSpec(
                id,
                asked.name(),
                "metabase",
                asked.site(),
                List.of(new NodeSpec.JarProcess(
                        "node-1", NodeSpec.LOCAL, directory, "metabase.jar", URI.create("http://127.0.0.1:3000"))),
                new DatabaseSpec.H2(NodeSpec.LOCAL, directory + "/metabase.db.mv.db", null, null));
        send(
                Topics.results(ServiceName.SWAP),
                message(
                        MessageType.INSTALLATION_FOUND,
                        id,
                        new Inspection.Found(id, spec, running(OLD), List.of(), null, null, asked.accepted() != null)));
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(Duration.ofSeconds(5));
    }
}
