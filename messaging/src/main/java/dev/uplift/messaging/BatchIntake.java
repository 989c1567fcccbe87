package dev.uplift.messaging;

import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.WireCodec;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads topics in batches: what a poll brought is taken in one transaction, and only then
 * acknowledged to Kafka.
 *
 * <ol>
 *   <li>A record that is no message goes to the dead letters, in the same transaction.
 *   <li>A fault of the infrastructure undoes the batch, which is read again after a pause, for ever.
 *   <li>Any other failure undoes the batch, whose records are then taken one by one; one that fails
 *       three times goes to the dead letters.
 *   <li>A crash between the commit and the acknowledgement brings the batch again.
 *   <li>A record that ends the process again and again goes to the dead letters too: {@link CrashGuard}.
 *   <li>Whatever else fails, it begins again by itself, with a new client of Kafka.
 * </ol>
 */
final class BatchConsumer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchConsumer.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration LEAVE = Duration.ofSeconds(2);
    private static final Duration DRAIN = Duration.ofSeconds(3);
    private static final int ATTEMPTS_MAX = 3;

    private final MessagingRuntime runtime;
    private final String name;
    private final List<String> topics;
    private final BatchHandler handler;
    private final DeadLetterSink sink;
    private final Map<String, Object> config;
    private final DistributionSummary batchSizes;
    private final Timer batchTimes;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(stopping);
    private final CrashGuard guard;
    private final Pulse pulse = new Pulse();
    private final Thread thread;
    private volatile @Nullable KafkaConsumer<String, byte[]> consumer;

    BatchConsumer(
            MessagingRuntime runtime, String name, List<String> topics, BatchHandler handler, DeadLetterSink sink) {
        this.runtime = runtime;
        this.name = name;
        this.topics = List.copyOf(topics);
        this.handler = handler;
        this.sink = sink;
        MessagingRuntime.Settings settings = runtime.settings();
        this.config = settings.kafka().consumer(settings.group(name), settings.instance());
        this.guard = new CrashGuard(runtime.jdbi(), name, settings.instance());
        this.batchSizes = DistributionSummary.builder("uplift.messaging.batch.size")
                .tag("consumer", name)
                .register(runtime.meters());
        this.batchTimes = Timer.builder("uplift.messaging.batch.time")
                .tag("consumer", name)
                .register(runtime.meters());
        this.thread = Thread.ofPlatform().name("consume-" + name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    Liveness liveness() {
        return pulse.liveness("consumer " + name, thread);
    }

    /** Tells it to end, without waiting for that. */
    void stop() {
        if (stopping.getCount() == 0) {
            return;
        }
        stopping.countDown();
        KafkaConsumer<String, byte[]> current = consumer;
        if (current != null) {
            current.wakeup();
        } else {
            // It has no batch in its hands: it waits for a Kafka that is away.
            thread.interrupt();
        }
    }

    /**
     * Finishes the batch in its hands, for 3 s at most, and returns within 5 s; what was not committed is
     * read again after the next start.
     */
    @Override
    public void close() {
        stop();
        Threads.end(thread, DRAIN, () -> {});
    }

    private void run() {
        boolean guarded = false;
        while (stopping.getCount() > 0) {
            pulse.turn();
            try {
                if (!guarded) {
                    if (guard.begin()) {
                        LOG.warn(
                                "{} did not end in order the last time: a record that ends it again is set aside",
                                name);
                    }
                    guarded = true;
                }
                runtime.topics().ensure();
                consume();
            } catch (WakeupException e) {
                LOG.debug("{} is told to stop", name);
            } catch (Throwable e) {
                if (stopping.getCount() > 0) {
                    pulse.failed(e);
                    Faults.log(LOG, e, name + " begins again");
                    backoff.pause();
                }
            }
        }
        if (guarded) {
            endInOrder();
        }
    }

    private void endInOrder() {
        try {
            guard.end();
        } catch (RuntimeException e) {
            LOG.info("{} will be watchful after the next start: {}", name, OneLine.of(e));
        }
    }

    private void consume() throws Exception {
        KafkaConsumer<String, byte[]> current = new KafkaConsumer<>(config);
        try {
            consumer = current;
            current.subscribe(topics);
            while (stopping.getCount() > 0) {
                pulse.turn();
                List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
                current.poll(POLL).forEach(records::add);
                if (!records.isEmpty()) {
                    acknowledge(current, records.subList(0, takeAll(current, records)));
                }
            }
        } finally {
            consumer = null;
            current.close(CloseOptions.timeout(LEAVE));
        }
    }

    /** Takes what it can; returns how many from the start were committed, and has rewound to the rest. */
    private int takeAll(KafkaConsumer<String, byte[]> current, List<ConsumerRecord<String, byte[]>> records) {
        int taken = 0;
        try {
            if (guard.suspects(records)) {
                LOG.warn("{} takes a batch of {} one by one: the process died with part of it", name, records.size());
                taken = takeOneByOne(records);
            } else {
                take(records);
                taken = records.size();
            }
        } catch (Throwable e) {
            if (Faults.isPassing(e)) {
                LOG.warn("{} takes a batch of {} again: {}", name, records.size(), OneLine.of(e));
            } else {
                // Not for the pulse: a record that nobody can take is buried, and many of them must not take this down.
                LOG.warn("{} takes a batch of {} one by one", name, records.size(), e);
                taken = takeOneByOne(records);
            }
        }
        if (taken < records.size()) {
            rewind(current, records.subList(taken, records.size()));
            backoff.pause();
        } else {
            backoff.reset();
        }
        return taken;
    }

    private int takeOneByOne(List<ConsumerRecord<String, byte[]>> records) {
        int taken = 0;
        for (ConsumerRecord<String, byte[]> one : records) {
            try {
                if (guard.mayTake(one)) {
                    takeOrBury(one);
                } else {
                    LOG.error("{} sets offset {} of {} aside", name, one.offset(), one.topic());
                    bury(
                            one,
                            "the process died each of the " + CrashGuard.ALONE_MAX
                                    + " times that it was taken by itself");
                }
            } catch (Throwable e) {
                pulse.failed(e);
                LOG.warn("{} takes offset {} of {} again: {}", name, one.offset(), one.topic(), OneLine.of(e));
                return taken;
            }
            taken++;
        }
        return taken;
    }

    private void takeOrBury(ConsumerRecord<String, byte[]> one) throws Throwable {
        for (int attempt = 1; ; attempt++) {
            try {
                take(List.of(one));
                return;
            } catch (Throwable e) {
                if (Faults.isPassing(e)) {
                    throw e;
                }
                if (attempt == ATTEMPTS_MAX) {
                    LOG.error("{} cannot take offset {} of {}", name, one.offset(), one.topic(), e);
                    bury(one, "taking it fails with " + e.getClass().getSimpleName());
                    return;
                }
            }
        }
    }

    private void bury(ConsumerRecord<String, byte[]> one, String reason) {
        runtime.jdbi().useTransaction(handle -> {
            runtime.deadLetters().move(handle, one, reason, sink);
            guard.release(handle, List.of(one));
        });
    }

    private void take(List<ConsumerRecord<String, byte[]>> records) throws Exception {
        Timer.Sample sample = Timer.start();
        List<Received> batch = new ArrayList<>();
        Map<ConsumerRecord<String, byte[]>, String> malformed = new HashMap<>();
        for (ConsumerRecord<String, byte[]> one : records) {
            try {
                batch.add(new Received(WireCodec.decode(one), one.topic(), one.partition(), one.offset()));
            } catch (MalformedMessageException e) {
                malformed.put(one, OneLine.of(e.getMessage()));
            } catch (RuntimeException e) {
                malformed.put(one, "decoding it fails with " + e.getClass().getSimpleName());
            }
        }
        Span span = runtime.tracing().batch("batch " + name, batch);
        try (Scope _ = span.makeCurrent()) {
            runtime.jdbi().useTransaction(handle -> {
                handle.afterCommit(() -> runtime.crashPoints().after(point("batch.commit")));
                takeIn(handle, batch, malformed);
                guard.release(handle, records);
                runtime.crashPoints().before(point("batch.commit"));
            });
        } finally {
            span.end();
        }
        batchSizes.record(records.size());
        sample.stop(batchTimes);
    }

    private void takeIn(Handle handle, List<Received> batch, Map<ConsumerRecord<String, byte[]>, String> malformed)
            throws Exception {
        malformed.forEach((record, reason) -> runtime.deadLetters().move(handle, record, reason, sink));
        if (!batch.isEmpty()) {
            handler.handle(handle, batch);
        }
    }

    /** A failure here only means that committed records come again. */
    private void acknowledge(KafkaConsumer<String, byte[]> current, List<ConsumerRecord<String, byte[]>> taken) {
        if (taken.isEmpty()) {
            return;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (ConsumerRecord<String, byte[]> one : taken) {
            offsets.put(new TopicPartition(one.topic(), one.partition()), new OffsetAndMetadata(one.offset() + 1));
        }
        runtime.crashPoints().before(point("offsets.commit"));
        try {
            current.commitSync(offsets);
        } catch (CommitFailedException | RebalanceInProgressException e) {
            LOG.info("{} lost partitions before it could acknowledge: {}", name, OneLine.of(e));
        }
        runtime.crashPoints().after(point("offsets.commit"));
    }

    private static void rewind(KafkaConsumer<String, byte[]> current, List<ConsumerRecord<String, byte[]>> records) {
        Map<TopicPartition, Long> firsts = new HashMap<>();
        for (ConsumerRecord<String, byte[]> one : records) {
            firsts.putIfAbsent(new TopicPartition(one.topic(), one.partition()), one.offset());
        }
        firsts.forEach(current::seek);
    }

    private String point(String effect) {
        return runtime.settings().service() + "." + effect;
    }
}
