package dev.uplift.messaging;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/**
 * The messaging of one process: one database, one Kafka, one outbox relay and the consumers that were
 * asked for. The database has the migrations of {@code db/messaging}.
 *
 * <p>Set up by one thread: {@link #require}, {@link #consumer}, then {@link #start}. Neither needs
 * Kafka or the database to be there: they are waited for.
 */
public final class MessagingRuntime implements AutoCloseable {
    private final Settings settings;
    private final DataSource dataSource;
    private final Jdbi jdbi;
    private final MeterRegistry meters;
    private final Tracing tracing;
    private final CrashPoints crashPoints;
    private final RequiredTopics topics;
    private final OutboxRelay relay;
    private final Outbox outbox;
    private final Inbox inbox = new Inbox();
    private final DeadLetters deadLetters;
    private final List<BatchConsumer> consumers = Collections.synchronizedList(new ArrayList<>());

    /**
     * Who this process is.
     *
     * @param service such as {@code swap}: part of consumer groups and of crash points
     * @param instance a name that this replica has after a restart too, and no other replica of the
     *     service has: it gets back the partitions that it had
     */
    public record Settings(String service, String instance, KafkaSettings kafka) {
        private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

        /** The group of one of the service's consumers. */
        String group(String consumer) {
            return "uplift." + service + "." + consumer;
        }

        public Settings {
            if (!NAME.matcher(service).matches() || !NAME.matcher(instance).matches()) {
                throw new IllegalArgumentException(
                        "service and instance are 1 to 100 characters of A-Z, a-z, 0-9, '.', '_' and '-'");
            }
        }
    }

    /**
     * The messaging of a service in production.
     *
     * @param service such as {@code swap}
     */
    public static MessagingRuntime of(
            String service,
            ServiceSettings settings,
            DataSource dataSource,
            MeterRegistry meters,
            OpenTelemetry openTelemetry) {
        String instance = settings.instance();
        KafkaSettings kafka = new KafkaSettings(
                settings.kafkaBootstrapServers(),
                instance,
                KafkaSettings.Login.of(settings.kafkaUser(), settings.kafkaPassword()));
        return new MessagingRuntime(
                new Settings(service, instance, kafka),
                dataSource,
                meters,
                openTelemetry,
                KillAt.armedIn(settings.crashDirectory(), service));
    }

    public MessagingRuntime(
            Settings settings,
            DataSource dataSource,
            MeterRegistry meters,
            OpenTelemetry openTelemetry,
            CrashPoints crashPoints) {
        this.settings = settings;
        this.dataSource = dataSource;
        this.jdbi = jdbi(dataSource);
        this.meters = meters;
        this.tracing = new Tracing(openTelemetry);
        this.crashPoints = crashPoints;
        this.topics = new RequiredTopics(settings.kafka());
        this.relay = new OutboxRelay(jdbi, settings.kafka(), topics, meters, crashPoints, settings.service());
        this.outbox = new Outbox(tracing, relay::wake);
        this.deadLetters = new DeadLetters(outbox, meters);
    }

    static Jdbi jdbi(DataSource dataSource) {
        return Jdbi.create(dataSource)
                .registerArrayType(UUID.class, "uuid")
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "bigint")
                .registerArrayType(Boolean.class, "boolean");
    }

    /** Lets topics that are written to be created, where they are missing, at any time. Does not wait for Kafka. */
    public void require(TopicSpec... required) {
        for (TopicSpec topic : required) {
            topics.require(topic);
        }
    }

    /**
     * Whether somebody has made {@code topic}; asks Kafka.
     *
     * @throws org.apache.kafka.common.KafkaException if it cannot be reached
     */
    public boolean exists(String topic) {
        return TopicSetup.exists(settings.kafka(), topic);
    }

    /**
     * Lets {@code topics} be consumed, from {@link #start} on; creates them and their dead-letter
     * topics where they are missing.
     *
     * @param name unique in the service, part of the consumer group: replicas share the work, and a
     *     new name reads from the beginning
     */
    public void consumer(String name, List<String> topics, BatchHandler handler, DeadLetterSink sink) {
        topics.forEach(this.topics::requireInput);
        consumers.add(new BatchConsumer(this, name, topics, handler, sink));
    }

    /** How far the consumer {@code name} of this service, in whichever process, has read {@code topics}. */
    public ReadProgress readProgress(String name, List<String> topics) {
        return new ReadProgress(settings.kafka(), settings.group(name), topics);
    }

    /** Starts the relay and the consumers. To be called once. */
    public void start() {
        relay.start();
        consumers.forEach(BatchConsumer::start);
    }

    /** Ends the consumers, then the relay; returns within 10 s, whatever is away. Idempotent. */
    @Override
    public void close() {
        consumers.forEach(BatchConsumer::stop);
        consumers.forEach(BatchConsumer::close);
        relay.close();
    }

    /** The relay and each consumer. */
    public List<Liveness> liveness() {
        return Stream.concat(Stream.of(relay.liveness()), consumers.stream().map(BatchConsumer::liveness))
                .toList();
    }

    public Settings settings() {
        return settings;
    }

    public DataSource dataSource() {
        return dataSource;
    }

    /** The one {@link Jdbi} of the process: it binds arrays of ids, texts, numbers and booleans. */
    public Jdbi jdbi() {
        return jdbi;
    }

    public Outbox outbox() {
        return outbox;
    }

    public Inbox inbox() {
        return inbox;
    }

    public DeadLetters deadLetters() {
        return deadLetters;
    }

    public MeterRegistry meters() {
        return meters;
    }

    public Tracing tracing() {
        return tracing;
    }

    public CrashPoints crashPoints() {
        return crashPoints;
    }

    RequiredTopics topics() {
        return topics;
    }
}
