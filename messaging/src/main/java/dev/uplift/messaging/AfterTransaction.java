package dev.uplift.messaging;

import io.smallrye.common.annotation.Identifier;
import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaConnectorIncomingConfiguration;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.commit.KafkaCommitHandler;
import io.vertx.mutiny.core.Vertx;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Acknowledges to Kafka what was taken: the commit strategy {@value #NAME} of channels that read batches. Of each partition
 * in a batch it is given the last record, when the transaction is committed. Nobody waits for Kafka's answer: what was not
 * acknowledged comes again, and copies are known.
 */
final class AfterTransaction implements KafkaCommitHandler {
    static final String NAME = "after-transaction";

    private static final Logger LOG = LoggerFactory.getLogger(AfterTransaction.class);

    private final KafkaConsumer<?, ?> consumer;
    private final CrashPoints crashPoints;
    private final String point;

    private AfterTransaction(KafkaConsumer<?, ?> consumer, CrashPoints crashPoints, String point) {
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
    public <K, V> Uni<Void> handle(IncomingKafkaRecord<K, V> last) {
        Map<TopicPartition, OffsetAndMetadata> offsets = Map.of(
                new TopicPartition(last.getTopic(), last.getPartition()), new OffsetAndMetadata(last.getOffset() + 1));
        crashPoints.before(point);
        consumer.commitAsync(offsets)
                .subscribe()
                .with(
                        _ -> crashPoints.after(point),
                        problem -> LOG.info("{} was not acknowledged: {}", offsets, OneLine.of(problem)));
        return Uni.createFrom().voidItem();
    }
}
