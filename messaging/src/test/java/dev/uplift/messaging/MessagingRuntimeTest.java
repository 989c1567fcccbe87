/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MessagingRuntimeTest {
    private final AgroalDataSource database = TestDatabase.create("db/messaging");

    @Test
    @Timeout(value = 20, unit = TimeUnit.SECONDS)
    void itEndsSoonWhereKafkaWasNeverReached() {
        MessagingRuntime runtime = runtime(new KafkaSettings("127.0.0.1:1", "never"));
        runtime.start();
        long begun = System.nanoTime();
        runtime.close();

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(6));
        assertThat(runtime.liveness()).noneMatch(Liveness::up);
    }

    @Test
    void itEndsSoonWhenKafkaIsLost() {
        try (KafkaBroker broker = KafkaBroker.start()) {
            MessagingRuntime runtime = runtime(new KafkaSettings(broker.bootstrapServers(), "lost"));
            try (runtime) {
                runtime.start();
                append(runtime);
                await().atMost(Duration.ofSeconds(30)).until(() -> depth(runtime) == 0);
                broker.kill();
                append(runtime);
                long begun = System.nanoTime();
                runtime.close();
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(8));
            }
            assertThat(runtime.liveness()).noneMatch(Liveness::up);
        }
    }

    @Test
    void whoRequiresATopicDoesNotWaitForKafka() {
        try (MessagingRuntime runtime = runtime(new KafkaSettings("127.0.0.1:1", "away"))) {
            runtime.start();
            long begun = System.nanoTime();
            for (int i = 0; i < 100; i++) {
                runtime.require(TopicSpec.log("topic-" + i));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(2));
        }
    }

    private MessagingRuntime runtime(KafkaSettings kafka) {
        MessagingRuntime runtime = TestRuntime.of("r", "r-1", kafka, database);
        for (String topic : List.of("one", "two")) {
            var _ = runtime.intake(topic, topic, List.of(topic), batch -> {}, DeadLetterSink.NONE);
        }
        return runtime;
    }

    private static void append(MessagingRuntime runtime) {
        runtime.database()
                .useTransaction(() ->
                        runtime.outbox().appendRecords(List.of(new ProducerRecord<>("one.dlq", "key", new byte[0]))));
    }

    private static long depth(MessagingRuntime runtime) {
        return runtime.database()
                .inTransaction(() -> runtime.database()
                        .session()
                        .createSelectionQuery("select count(*) from OutboxEntry", Long.class)
                        .getSingleResult());
    }
}
