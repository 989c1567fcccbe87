/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.smallrye.mutiny.Uni;
import io.smallrye.reactive.messaging.kafka.IncomingKafkaRecord;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class AfterTransactionTest {
    private static final TopicPartition PARTITION = new TopicPartition("results", 3);

    private final Commits kafka = new Commits();
    private final AfterTransaction strategy =
            new AfterTransaction(onThisThread(kafka), CrashPoints.none(), "test.offsets.commit");

    /** Fails as often as it is told. */
    private static final class Commits extends MockConsumer<String, byte[]> {
        private int failures;
        private int calls;

        Commits() {
            super("earliest");
            assign(Set.of(PARTITION));
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            calls++;
            if (failures > 0) {
                failures--;
                callback.onComplete(offsets, new RetriableCommitFailedException("no coordinator"));
            } else {
                super.commitAsync(offsets, callback);
            }
        }
    }

    @Test
    void whatWasTakenIsAcknowledged() {
        take(read(41));

        assertThat(committed()).isEqualTo(42);
    }

    @Test
    void aFailureIsRepeatedAlthoughNothingFollows() {
        kafka.failures = 2;
        take(read(41));

        await().atMost(Duration.ofSeconds(10)).until(() -> committed() == 42);
        assertThat(kafka.calls).isEqualTo(3);
    }

    @Test
    void aLaterOneTakesThePlaceOfOneThatFailed() throws Exception {
        kafka.failures = 1;
        take(read(41));
        take(read(50));
        assertThat(committed()).isEqualTo(51);

        Thread.sleep(1_000);
        assertThat(committed()).isEqualTo(51);
        assertThat(kafka.calls).isEqualTo(2);
    }

    @Test
    void aPartitionThatWasLostMeanwhileIsItsNextOwners() {
        IncomingKafkaRecord<String, byte[]> last = read(41);
        strategy.partitionsRevoked(List.of(PARTITION));
        // It came back, from an owner who was further.
        take(last);

        assertThat(kafka.calls).isZero();
        take(read(1_100));
        assertThat(committed()).isEqualTo(1_101);
    }

    @Test
    void whatFailedIsNotRepeatedForAPartitionThatWasLost() throws Exception {
        kafka.failures = 1;
        take(read(41));
        strategy.partitionsRevoked(List.of(PARTITION));

        Thread.sleep(1_000);
        assertThat(kafka.calls).isEqualTo(1);
    }

    private IncomingKafkaRecord<String, byte[]> read(long offset) {
        IncomingKafkaRecord<String, byte[]> last = new IncomingKafkaRecord<>(
                new ConsumerRecord<>(PARTITION.topic(), PARTITION.partition(), offset, "key", new byte[0]),
                "results",
                0,
                strategy,
                null,
                false,
                false);
        return strategy.received(last).await().indefinitely();
    }

    private void take(IncomingKafkaRecord<String, byte[]> last) {
        strategy.handle(last).await().indefinitely();
    }

    private long committed() {
        Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>(kafka.committed(Set.of(PARTITION)));
        return committed.containsKey(PARTITION) ? committed.get(PARTITION).offset() : -1;
    }

    @SuppressWarnings("unchecked")
    private static KafkaConsumer<String, byte[]> onThisThread(Consumer<String, byte[]> consumer) {
        return (KafkaConsumer<String, byte[]>) Proxy.newProxyInstance(
                AfterTransactionTest.class.getClassLoader(),
                new Class<?>[] {KafkaConsumer.class},
                (_, method, args) -> {
                    if (!method.getName().equals("runOnPollingThread")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return switch (args[0]) {
                        case Function<?, ?> asked ->
                            Uni.createFrom()
                                    .item(() -> ((Function<Consumer<String, byte[]>, Object>) asked).apply(consumer));
                        case java.util.function.Consumer<?> told ->
                            Uni.createFrom()
                                    .voidItem()
                                    .invoke(() -> ((java.util.function.Consumer<Consumer<String, byte[]>>) told)
                                            .accept(consumer));
                        default -> throw new IllegalArgumentException();
                    };
                });
    }
}
