/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaConnectorIncomingConfiguration;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.commit.KafkaCommitHandler;
import io.vertx.mutiny.core.Vertx;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledges to Kafka what was taken: the commit strategy {@value #NAME} of channels that read batches. Of each partition
 * in a batch it is given the last record, when the transaction is committed. Nobody waits for Kafka's answer: copies of what
 * was not acknowledged are known.
 *
 * <p>An acknowledgement that fails is repeated until a later one of its partition takes its place, or the partition is lost:
 * whoever judges by how far a group has read would otherwise wait for a next record that may never come. What was taken of
 * a partition that was lost meanwhile is not acknowledged, for its next owner may be further than that.
 */
final class AfterTransaction implements KafkaCommitHandler {
    static final String NAME = "after-transaction";

    private static final Logger LOG = LoggerFactory.getLogger(AfterTransaction.class);
    private static final Duration PAUSE_MIN = Duration.ofMillis(200);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(5);

    private final KafkaConsumer<?, ?> consumer;
    private final CrashPoints crashPoints;
    private final String point;

    /** The last records of batches that are waiting or being taken. */
    private final Set<IncomingKafkaRecord<?, ?>> held = ConcurrentHashMap.newKeySet();

    /** What Kafka has not answered for yet. */
    private final Map<TopicPartition, OffsetAndMetadata> latest = new ConcurrentHashMap<>();

    AfterTransaction(KafkaConsumer<?, ?> consumer, CrashPoints crashPoints, String point) {
        this.consumer = consumer;
        this.crashPoints = crashPoints;
        this.point = point;
    }

    /** Makes one for each channel. */
    @Singleton
    @Identifier(NAME)
    static final class Factory implements KafkaCommitHandler.Factory {
        private final MessagingRuntime runtime;

        Factory(MessagingRuntime runtime) {
            this.runtime = runtime;
        }

        @Override
        public KafkaCommitHandler create(
                KafkaConnectorIncomingConfiguration config,
                Vertx vertx,
                KafkaConsumer<?, ?> consumer,
                BiConsumer<Throwable, Boolean> reportFailure) {
            return new AfterTransaction(
                    consumer, runtime.crashPoints(), runtime.settings().service() + ".offsets.commit");
        }
    }

    @Override
    public <K, V> Uni<IncomingKafkaRecord<K, V>> received(IncomingKafkaRecord<K, V> last) {
        held.add(last);
        return Uni.createFrom().item(last);
    }

    @Override
    public <K, V> Uni<Void> handle(IncomingKafkaRecord<K, V> last) {
        OffsetAndMetadata offset = new OffsetAndMetadata(last.getOffset() + 1);
        if (isStillOurs(last, offset)) {
            crashPoints.before(point);
            acknowledge(partition(last), offset);
        }
        return Uni.createFrom().voidItem();
    }

    private synchronized boolean isStillOurs(IncomingKafkaRecord<?, ?> last, OffsetAndMetadata offset) {
        boolean ours = held.remove(last);
        if (ours) {
            latest.put(partition(last), offset);
        }
        return ours;
    }

    @Override
    public synchronized void partitionsRevoked(Collection<TopicPartition> lost) {
        held.removeIf(last -> lost.contains(partition(last)));
        latest.keySet().removeAll(lost);
    }

    @Override
    public void terminate(boolean graceful) {
        latest.clear();
    }

    private void acknowledge(TopicPartition partition, OffsetAndMetadata offset) {
        AtomicBoolean told = new AtomicBoolean();
        Uni.createFrom()
                .deferred(() -> offset.equals(latest.get(partition))
                        ? tryOnce(partition, offset)
                        : Uni.createFrom().voidItem())
                .onFailure()
                .invoke(problem -> {
                    if (!told.getAndSet(true)) {
                        LOG.info(
                                "{} is read up to {}, which Kafka does not take: {}",
                                partition,
                                offset.offset(),
                                OneLine.of(problem));
                    }
                })
                .onFailure()
                .retry()
                .withBackOff(PAUSE_MIN, PAUSE_MAX)
                .indefinitely()
                .subscribe()
                .with(_ -> {});
    }

    private Uni<Void> tryOnce(TopicPartition partition, OffsetAndMetadata offset) {
        return Uni.createFrom()
                .emitter(answer -> onPollingThread(consumer, kafka -> {
                            // The group's members change on this thread only.
                            if (!kafka.assignment().contains(partition) || !offset.equals(latest.get(partition))) {
                                answer.complete(null);
                                return;
                            }
                            kafka.commitAsync(Map.of(partition, offset), (_, problem) -> {
                                if (problem == null) {
                                    latest.remove(partition, offset);
                                    crashPoints.after(point);
                                    answer.complete(null);
                                } else {
                                    answer.fail(problem);
                                }
                            });
                        })
                        .subscribe()
                        .with(_ -> {}, answer::fail));
    }

    private static <K, V> Uni<Void> onPollingThread(
            KafkaConsumer<K, V> consumer, java.util.function.Consumer<Consumer<?, ?>> action) {
        return consumer.runOnPollingThread((Consumer<K, V> kafka) -> {
            action.accept(kafka);
        });
    }

    private static TopicPartition partition(IncomingKafkaRecord<?, ?> record) {
        return new TopicPartition(record.getTopic(), record.getPartition());
    }
}
