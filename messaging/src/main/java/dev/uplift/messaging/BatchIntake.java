/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.WireCodec;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Timer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.smallrye.reactive.messaging.kafka.KafkaRecordBatch;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordBatchMetadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what a channel reads, in batches: each in one transaction, and only then is it acknowledged to Kafka. A method
 * that is {@code @Incoming} and {@code @Blocking} hands the batches over, one after the other.
 *
 * <ol>
 *   <li>A record that is no message goes to the dead letters, in the same transaction.
 *   <li>A fault of the infrastructure undoes the batch, which is taken again after a pause, for ever. Nothing leaves this
 *       but what is taken: the channel would be closed by an exception, or go past the batch.
 *   <li>Any other failure undoes the batch, whose records are then taken one by one; one that fails
 *       three times goes to the dead letters.
 *   <li>A crash between the commit and the acknowledgement brings the batch again.
 *   <li>A record that ends the process again and again goes to the dead letters too: {@link CrashGuard}.
 * </ol>
 */
public final class BatchIntake implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BatchIntake.class);
    private static final Duration DRAIN = Duration.ofSeconds(3);
    private static final int ATTEMPTS_MAX = 3;

    private final MessagingRuntime runtime;
    private final String name;
    private final BatchHandler handler;
    private final DeadLetterSink sink;
    private final DistributionSummary batchSizes;
    private final Timer batchTimes;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(stopping);
    private final CrashGuard guard;
    private final Pulse pulse = new Pulse();
    private final ChannelWatch watch;
    private final AtomicLong takenCount = new AtomicLong();
    private final ReentrantLock taking = new ReentrantLock();
    private boolean guarded;

    BatchIntake(MessagingRuntime runtime, String channel, String name, BatchHandler handler, DeadLetterSink sink) {
        this.runtime = runtime;
        this.name = name;
        this.handler = handler;
        this.sink = sink;
        this.watch = new ChannelWatch(runtime.channels(), channel, System::nanoTime);
        this.guard = new CrashGuard(runtime.database(), name, runtime.settings().instance());
        this.batchSizes = DistributionSummary.builder("uplift.messaging.batch.size")
                .tag("consumer", name)
                .register(runtime.meters());
        this.batchTimes = Timer.builder("uplift.messaging.batch.time")
                .tag("consumer", name)
                .register(runtime.meters());
        pulse.rest();
    }

    /**
     * Takes a batch, however long that lasts; the answer of the method that the channel calls. It is not acknowledged if the
     * process ends before all of it was taken: it is read again after the next start.
     */
    public CompletionStage<Void> take(KafkaRecordBatch<String, byte[]> batch) {
        @SuppressWarnings("unchecked") // As the channel's deserializers make them.
        ConsumerRecords<String, byte[]> records = batch.getMetadata(IncomingKafkaRecordBatchMetadata.class)
                .map(metadata -> (ConsumerRecords<String, byte[]>) metadata.getRecords())
                .orElseThrow(() -> new IllegalStateException("no batch of Kafka's"));
        List<ConsumerRecord<String, byte[]>> list = new ArrayList<>();
        records.forEach(list::add);
        return take(list) ? batch.ack() : new CompletableFuture<>();
    }

    /** Takes records, however long that lasts; false: it was told to end before. */
    public boolean take(List<ConsumerRecord<String, byte[]>> records) {
        taking.lock();
        try {
            List<ConsumerRecord<String, byte[]>> left = records;
            while (!left.isEmpty() && stopping.getCount() > 0) {
                pulse.turn();
                int taken = takeSome(left);
                left = left.subList(taken, left.size());
                if (left.isEmpty()) {
                    backoff.reset();
                } else {
                    backoff.pause();
                }
            }
            return left.isEmpty();
        } finally {
            takenCount.incrementAndGet();
            pulse.rest();
            taking.unlock();
        }
    }

    Liveness liveness() {
        Liveness taken = pulse.liveness("consumer " + name, stopping.getCount() > 0);
        if (!taken.up()) {
            return taken;
        }
        Optional<String> problem = watch.problem(takenCount.get(), !pulse.isResting());
        return problem.isPresent()
                ? new Liveness(taken.name(), false, problem.get())
                : new Liveness(
                        taken.name(),
                        true,
                        taken.detail() + watch.silence().map(", "::concat).orElse(""));
    }

    /** Tells it to end, without waiting for that. */
    void stop() {
        stopping.countDown();
    }

    /** Finishes the batch in its hands, for 3 s at most; what was not committed is read again after the next start. */
    @Override
    public void close() {
        stop();
        try {
            if (taking.tryLock(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    endInOrder();
                } finally {
                    taking.unlock();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void endInOrder() {
        if (!guarded) {
            return;
        }
        guarded = false;
        try {
            guard.end();
        } catch (RuntimeException e) {
            LOG.info("{} will be watchful after the next start: {}", name, OneLine.of(e));
        }
    }

    /** Takes what it can; returns how many from the start were committed. */
    private int takeSome(List<ConsumerRecord<String, byte[]>> records) {
        try {
            beginGuarded();
            if (guard.suspects(records)) {
                LOG.warn("{} takes a batch of {} one by one: the process died with part of it", name, records.size());
                return takeOneByOne(records);
            }
            takeTogether(records);
            return records.size();
        } catch (Throwable e) {
            if (Faults.isPassing(e)) {
                pulse.failed(e);
                LOG.warn("{} takes a batch of {} again: {}", name, records.size(), OneLine.of(e));
                return 0;
            }
            // Not for the pulse: a record that nobody can take is buried, and many of them must not take this down.
            LOG.warn("{} takes a batch of {} one by one", name, records.size(), e);
            return takeOneByOne(records);
        }
    }

    private void beginGuarded() {
        if (!guarded) {
            if (guard.begin()) {
                LOG.warn("{} did not end in order the last time: a record that ends it again is set aside", name);
            }
            guarded = true;
        }
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
                takeTogether(List.of(one));
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
        runtime.database().useTransaction(() -> {
            runtime.deadLetters().move(one, reason, sink);
            guard.release(List.of(one));
        });
    }

    private void takeTogether(List<ConsumerRecord<String, byte[]>> records) throws Exception {
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
            runtime.database().useTransaction(() -> {
                runtime.database().afterCommit(() -> runtime.crashPoints().after(point()));
                malformed.forEach((record, reason) -> runtime.deadLetters().move(record, reason, sink));
                if (!batch.isEmpty()) {
                    handler.handle(batch);
                }
                guard.release(records);
                runtime.crashPoints().before(point());
            });
        } finally {
            span.end();
        }
        batchSizes.record(records.size());
        sample.stop(batchTimes);
    }

    private String point() {
        return runtime.settings().service() + ".batch.commit";
    }
}
