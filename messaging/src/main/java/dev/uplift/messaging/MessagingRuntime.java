/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The messaging of one process: one database, one Kafka, one outbox relay and the intakes that were
 * asked for. The database has the migrations of {@code db/messaging}.
 *
 * <p>Set up by one thread: {@link #require}, {@link #intake}, then {@link #start}. Neither needs
 * Kafka or the database to be there: they are waited for.
 */
public final class MessagingRuntime implements AutoCloseable {
    private final Settings settings;
    private final DataSource dataSource;
    private final Database database;
    private final Channels channels;
    private final MeterRegistry meters;
    private final Tracing tracing;
    private final Clock clock;
    private final CrashPoints crashPoints;
    private final RequiredTopics topics;
    private final OutboxRelay relay;
    private final Outbox outbox;
    private final Inbox inbox;
    private final DeadLetters deadLetters;
    private final List<BatchIntake> intakes = Collections.synchronizedList(new ArrayList<>());

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
            return group(service, consumer);
        }

        static String group(String service, String consumer) {
            return "uplift." + service + "." + consumer;
        }

        public Settings {
            if (!NAME.matcher(service).matches() || !NAME.matcher(instance).matches()) {
                throw new IllegalArgumentException(
                        "service and instance are 1 to 100 characters of A-Z, a-z, 0-9, '.', '_' and '-'");
            }
        }
    }

    /** The messaging of a service in production. */
    static MessagingRuntime of(
            ServiceSettings settings,
            KafkaSettings kafka,
            DataSource dataSource,
            Database database,
            Channels channels,
            MeterRegistry meters,
            OpenTelemetry openTelemetry,
            Clock clock) {
        String service = settings.service();
        return new MessagingRuntime(
                new Settings(service, settings.instance(), kafka),
                dataSource,
                database,
                channels,
                meters,
                openTelemetry,
                clock,
                CrashPoints.find());
    }

    public MessagingRuntime(
            Settings settings,
            DataSource dataSource,
            Database database,
            Channels channels,
            MeterRegistry meters,
            OpenTelemetry openTelemetry,
            Clock clock,
            CrashPoints crashPoints) {
        this.settings = settings;
        this.dataSource = dataSource;
        this.database = database;
        this.channels = channels;
        this.meters = meters;
        this.tracing = new Tracing(openTelemetry);
        this.clock = clock;
        this.crashPoints = crashPoints;
        this.topics = new RequiredTopics(settings.kafka());
        this.relay = new OutboxRelay(database, channels, topics, meters, crashPoints, settings.service());
        this.outbox = new Outbox(database, tracing, relay::send);
        this.inbox = new Inbox(database);
        this.deadLetters = new DeadLetters(database, outbox, meters);
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
     * Who takes what a channel reads of {@code topics}; creates them and their dead-letter topics where they are missing.
     *
     * @param channel one of {@link IncomingChannels} of the same name
     * @param name unique in the service, part of the consumer group: replicas share the work, and a
     *     new name reads from the beginning
     */
    public BatchIntake intake(
            String channel, String name, List<String> topics, BatchHandler handler, DeadLetterSink sink) {
        topics.forEach(this.topics::requireInput);
        BatchIntake intake = new BatchIntake(this, channel, name, handler, sink);
        intakes.add(intake);
        return intake;
    }

    /** How far the consumer {@code name} of this service, in whichever process, has read {@code topics}. */
    public ReadProgress readProgress(String name, List<String> topics) {
        return new ReadProgress(settings.kafka(), settings.group(name), topics);
    }

    /** Starts the relay. To be called once. */
    public void start() {
        relay.start();
    }

    /** Ends what takes batches, then the relay; returns within 10 s, whatever is away. Idempotent. */
    @Override
    public void close() {
        intakes.forEach(BatchIntake::stop);
        intakes.forEach(BatchIntake::close);
        relay.close();
    }

    /** The relay and each consumer. */
    public List<Liveness> liveness() {
        return Stream.concat(Stream.of(relay.liveness()), intakes.stream().map(BatchIntake::liveness))
                .toList();
    }

    public Settings settings() {
        return settings;
    }

    public DataSource dataSource() {
        return dataSource;
    }

    public Database database() {
        return database;
    }

    public Channels channels() {
        return channels;
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

    public Clock clock() {
        return clock;
    }

    public CrashPoints crashPoints() {
        return crashPoints;
    }
}
