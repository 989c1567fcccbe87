/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static java.util.stream.Collectors.toUnmodifiableSet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Json;
import dev.uplift.messaging.CommittedMessages.Committed;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the outbox, commands before others and of each the oldest first, and deletes what Kafka acknowledged.
 *
 * <p>One relay at a time works on a database; others stand by. If it dies between the
 * acknowledgement and the delete, the messages are sent again with the same ids. While Kafka is away
 * messages wait; afterwards it goes on by itself. A send that fails may leave later messages of the
 * same batch behind it, which then come again: readers drop copies by id and stale ones by content. A
 * topic that was deleted is made again before the next try, so that it does not hold up the others.
 */
final class OutboxRelay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutboxRelay.class);

    /** The outgoing channel whose producer it sends with. */
    private static final String CHANNEL = "relay";

    /** Which messages go first: somebody waits for them. As the index says it. */
    private static final String COMMANDS = "topic LIKE 'uplift.commands.%'";

    /** At most so many commands, and so many others, are in a batch. */
    private static final int BATCH = 500;

    /** In one transaction: what would be sent again if the process died in it. */
    private static final int BATCHES_MAX = 20;

    /** Of one batch, unless its first message alone is longer: the heap must hold it. */
    private static final int BATCH_BYTES_MAX = 8_000_000;

    /** Until it asks again whether the other relay has ended its turn, which may not have seen what this process wrote. */
    private static final Duration STANDBY = Duration.ofMillis(200);

    /** Until it looks again for what a process that died has left behind; of what this process writes it is told. */
    private static final Duration IDLE = Duration.ofSeconds(1);

    /** Until it looks through the whole table again: the database may have been set back, with all its ids. */
    private static final Duration FROM_START = Duration.ofSeconds(10);

    private static final Duration MEASURE = Duration.ofSeconds(2);
    private static final Duration DRAIN = Duration.ofSeconds(2);

    /** Until its last batch is begun: Kafka may take 15 s for each that is underway. */
    private static final Duration TURN_MAX = Duration.ofSeconds(5);

    private static final int DEPTH_MAX = 100_000;
    private static final TypeReference<Map<String, String>> HEADERS = new TypeReference<>() {};

    /** Any number that nobody else locks: "uplift.o". */
    private static final long LOCK = 0x75706c6966742e6fL;

    private final Database database;
    private final Channels channels;
    private final RequiredTopics topics;
    private final CrashPoints crashPoints;
    private final String service;
    private final Counter published;
    private final CommittedMessages committed = new CommittedMessages();
    private final Semaphore wakeUps = new Semaphore(0);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(stopping);
    private final Pulse pulse = new Pulse();
    private final Thread thread;
    private Place place;
    private long measuredNanos = System.nanoTime() - MEASURE.toNanos();
    private Depth depth = new Depth(0, 0);

    /** How far it is in the table, so that it need not pass over the rows that it has sent, which stay there for a while. */
    private final class Place {
        private final long begunNanos = System.nanoTime();
        private final SettledIds ids = new SettledIds(database);
        private final Queue commands = new Queue(COMMANDS);
        private final Queue others = new Queue("NOT " + COMMANDS);

        boolean isOld() {
            return System.nanoTime() - begunNanos >= FROM_START.toNanos();
        }
    }

    /** Messages that are sent in the order of their ids. */
    private static final class Queue {
        private final String which;

        /** All up to this id were sent, and none will come. */
        private long sentUpTo;

        Queue(String which) {
            this.which = which;
        }
    }

    private record Row(long id, Instant createdAt, int bytes) {}

    private record Batch(Map<Long, ProducerRecord<String, byte[]>> messages, List<Future<RecordMetadata>> sent) {}

    private record Depth(long messages, double oldestSeconds) {}

    OutboxRelay(
            Database database,
            Channels channels,
            RequiredTopics topics,
            MeterRegistry meters,
            CrashPoints crashPoints,
            String service) {
        this.database = database;
        this.channels = channels;
        this.topics = topics;
        this.crashPoints = crashPoints;
        this.service = service;
        this.published = meters.counter("uplift.outbox.published");
        Gauge.builder("uplift.outbox.depth", () -> measure().messages())
                .description("messages that wait to be sent, at most " + DEPTH_MAX)
                .register(meters);
        Gauge.builder("uplift.outbox.oldest.age", () -> measure().oldestSeconds())
                .baseUnit("seconds")
                .register(meters);
        this.place = new Place();
        this.thread = Thread.ofPlatform().name("outbox-relay").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** There is this to send. */
    void send(List<Committed> messages) {
        committed.put(messages);
        wakeUps.release();
    }

    Liveness liveness() {
        return pulse.liveness("relay", thread.isAlive());
    }

    /** Sends what is in its hands, for 2 s at most, and returns within 3 s; the rest is sent after the next start. */
    @Override
    public void close() {
        stopping.countDown();
        wakeUps.release();
        Threads.end(thread, DRAIN);
    }

    private void run() {
        while (stopping.getCount() > 0) {
            pulse.turn();
            try {
                topics.ensure();
                OptionalInt sent = relay();
                pulse.worked();
                if (sent.isEmpty() || sent.getAsInt() == 0) {
                    pause(sent.isEmpty() ? STANDBY : IDLE);
                }
                backoff.reset();
            } catch (InterruptedException e) {
                return;
            } catch (Throwable e) {
                place = new Place();
                if (stopping.getCount() > 0) {
                    pulse.failed(e);
                    Faults.log(LOG, e, "the outbox waits");
                    backoff.pause();
                }
            }
        }
    }

    private void pause(Duration pause) throws InterruptedException {
        if (wakeUps.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS)) {
            wakeUps.drainPermits();
        }
    }

    /** Sends what there is, for some batches; how many, or empty: another relay is at it. */
    private OptionalInt relay() {
        OptionalInt sent = database.inTransaction(() -> {
            if (isRelay()) {
                place = place.isOld() ? new Place() : place;
                return OptionalInt.of(new Turn().run());
            }
            committed.forgetBelow(Long.MAX_VALUE);
            place = new Place();
            return OptionalInt.empty();
        });
        if (sent.orElse(0) > 0) {
            crashPoints.after(service + ".relay.delete");
            published.increment(sent.getAsInt());
        }
        return sent;
    }

    private boolean isRelay() {
        return database.column("SELECT pg_try_advisory_xact_lock(:lock) AS locked", "locked", Boolean.class)
                .setParameter("lock", LOCK)
                .getSingleResult();
    }

    /**
     * What is sent in one transaction: while Kafka acknowledges a batch, the next one is read and sent. Nothing is deleted
     * that is not acknowledged, and nothing is committed before all is.
     */
    private final class Turn {
        private final Producer<String, byte[]> producer = channels.producer(CHANNEL);
        private final Deque<Batch> underway = new ArrayDeque<>();

        int run() {
            try {
                return sendAll();
            } catch (RuntimeException | Error e) {
                // Nothing may still be on its way when it is sent again.
                producer.flush();
                throw e;
            }
        }

        private int sendAll() {
            long began = System.nanoTime();
            int sent = 0;
            for (int batches = 0; batches < BATCHES_MAX && mayGoOn(began); batches++) {
                Batch next = send();
                if (next.messages().isEmpty()) {
                    break;
                }
                sent += next.messages().size();
                underway.add(next);
                if (underway.size() > 1) {
                    settle(underway.remove());
                }
            }
            while (!underway.isEmpty()) {
                settle(underway.remove());
            }
            return sent;
        }

        private boolean mayGoOn(long began) {
            return stopping.getCount() > 0 && System.nanoTime() - began < TURN_MAX.toNanos();
        }

        private Batch send() {
            long settled = place.ids.look();
            List<Row> commands = oldest(place.commands, settled);
            List<Row> others = oldest(place.others, settled);
            if (underway.isEmpty()) {
                committed.forgetBelow(Math.min(first(commands), first(others)));
            }
            Map<Long, ProducerRecord<String, byte[]>> messages =
                    messages(Stream.concat(commands.stream(), others.stream()).toList());
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            if (!messages.isEmpty()) {
                crashPoints.before(service + ".relay.publish");
            }
            for (ProducerRecord<String, byte[]> message : messages.values()) {
                Future<RecordMetadata> one = producer.send(message);
                sent.add(one);
                if (one.state() == Future.State.FAILED) {
                    // Each further message to a topic that is missing would take as long to fail.
                    break;
                }
            }
            return new Batch(messages, sent);
        }

        /** Those that are not on their way, and go next. */
        private List<Row> oldest(Queue queue, long settled) {
            Set<Long> known = underway.stream()
                    .flatMap(batch -> batch.messages().keySet().stream())
                    .collect(toUnmodifiableSet());
            int limit = BATCH + known.size();
            List<Object[]> found = database.rows("""
                            SELECT id, created_at, coalesce(octet_length(value), 0) AS bytes FROM outbox
                             WHERE id > :after AND %s ORDER BY id LIMIT :limit
                            """.formatted(queue.which))
                    .addScalar("id", Long.class)
                    .addScalar("created_at", Instant.class)
                    .addScalar("bytes", Integer.class)
                    .setParameter("after", queue.sentUpTo)
                    .setParameter("limit", limit)
                    .getResultList();
            List<Row> rows = new ArrayList<>();
            boolean isAll = found.size() < limit;
            int bytes = 0;
            for (Object[] each : found) {
                Row row = new Row((long) each[0], (Instant) each[1], (int) each[2]);
                if (known.contains(row.id())) {
                    continue;
                }
                bytes += row.bytes();
                if (!rows.isEmpty() && (bytes > BATCH_BYTES_MAX || rows.size() == BATCH)) {
                    isAll = false;
                    break;
                }
                rows.add(row);
            }
            queue.sentUpTo = isAll ? settled : Math.min(settled, rows.getLast().id());
            return rows;
        }

        private void settle(Batch batch) {
            try {
                batch.sent().forEach(OutboxRelay::await);
            } catch (KafkaException e) {
                topics.doubt(batch.messages().values().stream()
                        .map(ProducerRecord::topic)
                        .collect(toUnmodifiableSet()));
                throw e;
            }
            crashPoints.after(service + ".relay.publish");
            crashPoints.before(service + ".relay.delete");
            database.session()
                    .createNativeMutationQuery("DELETE FROM outbox WHERE id = ANY (:ids)")
                    .setParameter("ids", batch.messages().keySet().toArray(Long[]::new))
                    .executeUpdate();
        }
    }

    private static long first(List<Row> rows) {
        return rows.isEmpty() ? Long.MAX_VALUE : rows.getFirst().id();
    }

    /** The messages of rows, in this order, by their ids. */
    private Map<Long, ProducerRecord<String, byte[]>> messages(List<Row> rows) {
        Map<Long, ProducerRecord<String, byte[]>> messages = new LinkedHashMap<>();
        List<Long> missing = new ArrayList<>();
        for (Row row : rows) {
            ProducerRecord<String, byte[]> known = committed.take(row.id(), row.createdAt());
            messages.put(row.id(), known);
            if (known == null) {
                missing.add(row.id());
            }
        }
        if (!missing.isEmpty()) {
            database.entities(
                            "SELECT id, topic, key, headers, value, created_at FROM outbox WHERE id = ANY (:ids)",
                            OutboxEntry.class)
                    .setParameter("ids", missing.toArray(Long[]::new))
                    .getResultList()
                    .forEach(entry -> messages.put(entry.id, message(entry)));
        }
        return messages;
    }

    private static ProducerRecord<String, byte[]> message(OutboxEntry entry) {
        ProducerRecord<String, byte[]> message = new ProducerRecord<>(entry.topic, entry.key, entry.value);
        try {
            Json.mapper()
                    .readValue(entry.headers, HEADERS)
                    .forEach((name, value) -> message.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("outbox row " + entry.id + " has no valid headers", e);
        }
        return message;
    }

    private static void await(Future<RecordMetadata> sent) {
        try {
            sent.get();
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new KafkaException("not acknowledged: " + OneLine.of(cause), e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Counts anew at most every two seconds, however many ask. */
    private synchronized Depth measure() {
        long now = System.nanoTime();
        if (now - measuredNanos >= MEASURE.toNanos()) {
            depth = database.inTransaction(() -> {
                Object[] counted =
                        database.rows("""
                            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
                            FROM (SELECT created_at FROM outbox ORDER BY id LIMIT :max) AS waiting
                            """).setParameter("max", DEPTH_MAX).getSingleResult();
                return new Depth(((Number) counted[0]).longValue(), ((Number) counted[1]).doubleValue());
            });
            measuredNanos = now;
        }
        return depth;
    }
}
