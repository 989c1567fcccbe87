package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MessagingRuntimeTest {
    private static final BatchHandler NOTHING = (handle, batch) -> {};

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
        MessagingRuntime runtime = new MessagingRuntime(
                new MessagingRuntime.Settings("r", "r-1", kafka),
                database,
                new SimpleMeterRegistry(),
                OpenTelemetry.noop(),
                CrashPoints.NONE);
        runtime.consumer("one", List.of("one"), NOTHING, DeadLetterSink.NONE);
        runtime.consumer("two", List.of("two"), NOTHING, DeadLetterSink.NONE);
        return runtime;
    }

    private static void append(MessagingRuntime runtime) {
        runtime.jdbi()
                .useTransaction(handle -> runtime.outbox()
                        .appendRecords(handle, List.of(new ProducerRecord<>("one.dlq", "key", new byte[0]))));
    }

    private static long depth(MessagingRuntime runtime) {
        return runtime.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT count(*) FROM outbox")
                        .mapTo(Long.class)
                        .one());
    }
}
