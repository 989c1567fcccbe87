package dev.uplift.messaging;

import static java.util.stream.Collectors.toUnmodifiableSet;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what is in the outbox, oldest first, and deletes what Kafka acknowledged.
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

    private static final int BATCH = 500;

    /** Of one batch, unless its first message alone is longer: the heap must hold it. */
    private static final int BATCH_BYTES_MAX = 8_000_000;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration MEASURE = Duration.ofSeconds(2);
    private static final Duration DRAIN = Duration.ofSeconds(2);
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
    private final Semaphore wakeUps = new Semaphore(0);
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(stopping);
    private final Pulse pulse = new Pulse();
    private final Thread thread;
    private long measuredNanos = System.nanoTime() - MEASURE.toNanos();
    private Depth depth = new Depth(0, 0);

    private record Row(long id, ProducerRecord<String, byte[]> message) {}

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
        this.thread = Thread.ofPlatform().name("outbox-relay").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** There is something to send. */
    void wake() {
        wakeUps.release();
    }

    Liveness liveness() {
        return pulse.liveness("relay", thread.isAlive());
    }

    /** Sends what is in its hands, for 2 s at most, and returns within 3 s; the rest is sent after the next start. */
    @Override
    public void close() {
        stopping.countDown();
        wake();
        Threads.end(thread, DRAIN);
    }

    private void run() {
        while (stopping.getCount() > 0) {
            pulse.turn();
            try {
                topics.ensure();
                if (relayBatch() == 0 && wakeUps.tryAcquire(POLL.toMillis(), TimeUnit.MILLISECONDS)) {
                    wakeUps.drainPermits();
                }
                backoff.reset();
            } catch (InterruptedException e) {
                return;
            } catch (Throwable e) {
                if (stopping.getCount() > 0) {
                    pulse.failed(e);
                    Faults.log(LOG, e, "the outbox waits");
                    backoff.pause();
                }
            }
        }
    }

    /** Sends one batch; 0 if there is nothing to send or another relay is at it. */
    private int relayBatch() {
        int sent = database.inTransaction(() -> {
            List<Row> rows = isRelay() ? oldest() : List.of();
            if (!rows.isEmpty()) {
                crashPoints.before(service + ".relay.publish");
                try {
                    publish(rows);
                } catch (KafkaException e) {
                    topics.doubt(rows.stream().map(row -> row.message().topic()).collect(toUnmodifiableSet()));
                    throw e;
                }
                crashPoints.after(service + ".relay.publish");
                crashPoints.before(service + ".relay.delete");
                delete(rows);
            }
            return rows.size();
        });
        if (sent > 0) {
            crashPoints.after(service + ".relay.delete");
            published.increment(sent);
        }
        return sent;
    }

    private boolean isRelay() {
        return database.session()
                .createNativeQuery("SELECT pg_try_advisory_xact_lock(:lock)", Boolean.class)
                .setParameter("lock", LOCK)
                .getSingleResult();
    }

    private List<Row> oldest() {
        return database
                .session()
                .createNativeQuery("""
            SELECT id, topic, key, headers, value, created_at
              FROM (SELECT *, sum(octet_length(value)) OVER (ORDER BY id) AS bytes, row_number() OVER (ORDER BY id) AS n
                      FROM (SELECT * FROM outbox ORDER BY id LIMIT :batch) AS oldest) AS counted
             WHERE n = 1 OR coalesce(bytes, 0) <= :bytes ORDER BY id
            """, OutboxEntry.class)
                .setParameter("batch", BATCH)
                .setParameter("bytes", BATCH_BYTES_MAX)
                .getResultList()
                .stream()
                .map(entry -> new Row(entry.id, message(entry)))
                .toList();
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

    private void publish(List<Row> rows) {
        Producer<String, byte[]> producer = channels.producer(CHANNEL);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try {
            for (Row row : rows) {
                Future<RecordMetadata> one = producer.send(row.message());
                sent.add(one);
                if (one.state() == Future.State.FAILED) {
                    // Each further message to a topic that is missing would take as long to fail.
                    break;
                }
            }
        } finally {
            // Nothing of this batch may still be on its way when it is sent again.
            producer.flush();
        }
        sent.forEach(OutboxRelay::await);
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

    private void delete(List<Row> rows) {
        database.session()
                .createMutationQuery("delete from OutboxEntry where id in :ids")
                .setParameter("ids", rows.stream().map(Row::id).toList())
                .executeUpdate();
    }

    /** Counts anew at most every two seconds, however many ask. */
    private synchronized Depth measure() {
        long now = System.nanoTime();
        if (now - measuredNanos >= MEASURE.toNanos()) {
            depth = database.inTransaction(() -> {
                Object[] counted = database.session()
                        .createNativeQuery("""
                            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
                            FROM (SELECT created_at FROM outbox ORDER BY id LIMIT :max) AS waiting
                            """, Object[].class)
                        .setParameter("max", DEPTH_MAX)
                        .getSingleResult();
                return new Depth(((Number) counted[0]).longValue(), ((Number) counted[1]).doubleValue());
            });
            measuredNanos = now;
        }
        return depth;
    }
}
