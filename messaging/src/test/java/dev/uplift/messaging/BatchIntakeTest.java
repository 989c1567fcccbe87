/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import dev.uplift.messaging.CrashPoints.Moment;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What becomes of the records that a channel hands over. */
class BatchIntakeTest {
    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static final UUID KEY = UUID.randomUUID();

    private final AgroalDataSource dataSource = TestDatabase.create("db/messaging");
    private final String topic = TestTopic.uniqueName();
    private final Queue<DeadLetter> letters = new ConcurrentLinkedQueue<>();

    @Test
    void copiesAreAbsorbedByTheInbox() {
        try (MessagingRuntime runtime = TestRuntime.of("c", dataSource)) {
            BatchIntake intake = intake(runtime, claiming(runtime));
            Message first = message("first");

            assertThat(intake.take(TestTopic.read(topic, first, first, first))).isTrue();
            assertThat(intake.take(TestTopic.read(topic, first, message("last"))))
                    .isTrue();

            assertThat(taken(runtime)).containsExactly("first", "last");
        }
    }

    @Test
    void aCrashBetweenCommitAndAcknowledgementChangesNothing() {
        List<ConsumerRecord<String, byte[]>> records = TestTopic.read(topic, message("once"));
        TestRuntime.Death death = TestRuntime.dieAt("c.batch.commit", Moment.AFTER);
        try (MessagingRuntime dying = TestRuntime.of("c", "c-1", dataSource, death)) {
            BatchIntake intake = intake(dying, claiming(dying));
            Thread _ = Thread.startVirtualThread(() -> intake.take(records));
            await().atMost(Duration.ofSeconds(20)).until(death::happened);
        }
        try (MessagingRuntime restarted = TestRuntime.of("c", dataSource)) {
            BatchIntake intake = intake(restarted, claiming(restarted));

            assertThat(intake.take(records)).isTrue();
            assertThat(intake.take(TestTopic.read(topic, message("next")))).isTrue();

            assertThat(taken(restarted)).containsExactly("once", "next");
        }
    }

    @Test
    void aRecordThatIsNoMessageIsDeadLetteredAndTheRestIsTaken() {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>(TestTopic.read(topic, message("before")));
        records.addAll(TestTopic.read(
                List.of(new ProducerRecord<>(topic, "k\0", "{not json".getBytes(StandardCharsets.UTF_8)))));
        records.addAll(TestTopic.read(topic, message("after")));
        try (MessagingRuntime runtime = TestRuntime.of("c", dataSource);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            runtime.start();

            assertThat(intake(runtime, claiming(runtime)).take(records)).isTrue();

            assertThat(taken(runtime)).containsExactly("before", "after");
            ConsumerRecord<String, byte[]> letter = dead.take(1, any -> true).getFirst();
            assertThat(letter.value()).asString(StandardCharsets.UTF_8).isEqualTo("{not json");
            assertThat(TestTopic.header(letter, "dlq_topic")).isEqualTo(topic);
            assertThat(TestTopic.header(letter, "dlq_reason"))
                    .isEqualTo("no CloudEvent in binary mode: header ce_specversion is missing");
            assertThat(letters).singleElement().satisfies(noted -> {
                assertThat(noted.topic()).isEqualTo(topic);
                assertThat(noted.source())
                        .isEqualTo(topic + "/" + TestTopic.header(letter, "dlq_partition") + "/"
                                + TestTopic.header(letter, "dlq_offset"));
            });
            assertThat(runtime.meters()
                            .get("uplift.messaging.dead.letters")
                            .counter()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void aMessageThatBreaksTheHandlerIsDeadLetteredAndTheRestIsTaken() {
        try (MessagingRuntime runtime = TestRuntime.of("c", dataSource);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            BatchHandler claiming = claiming(runtime);
            BatchIntake intake = intake(runtime, batch -> {
                claiming.handle(batch);
                if (batch.stream().anyMatch(received -> detail(received).equals("poison"))) {
                    throw new StackOverflowError("secret in the text of an error");
                }
            });
            runtime.start();

            assertThat(intake.take(TestTopic.read(topic, message("one"), message("poison"), message("two"))))
                    .isTrue();

            assertThat(taken(runtime)).containsExactly("one", "two");
            ConsumerRecord<String, byte[]> letter = dead.take(1, any -> true).getFirst();
            assertThat(TestTopic.header(letter, "dlq_reason")).isEqualTo("taking it fails with StackOverflowError");
            assertThat(TestTopic.header(letter, "ce_type")).isEqualTo(MessageType.INSTALLATION_REFUSED);
            assertThat(letters).hasSize(1);
            assertThat(runtime.liveness())
                    .extracting(Liveness::detail)
                    .noneMatch(detail -> detail.contains("fails since"));
        }
    }

    @Test
    void aMessageThatCannotEvenBeBuriedShows() {
        MessagingRuntime runtime = TestRuntime.of("c", dataSource);
        BatchIntake intake = runtime.intake(
                "in",
                "in",
                List.of(topic),
                batch -> {
                    throw new IllegalStateException("a defect of the handler");
                },
                letter -> {
                    throw new IllegalStateException("a defect of the sink");
                });
        Thread channel = Thread.startVirtualThread(() -> intake.take(TestTopic.read(topic, message("poison"))));

        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(runtime.liveness())
                        .extracting(Liveness::detail)
                        .anyMatch(detail ->
                                detail.contains("it fails since") && detail.contains("a defect of the sink")));
        runtime.close();
        await().atMost(Duration.ofSeconds(20)).until(() -> !channel.isAlive());
    }

    @Test
    void dataThatTheDatabaseRefusesIsPoisonToo() {
        try (MessagingRuntime runtime = TestRuntime.of("c", dataSource);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            BatchHandler claiming = claiming(runtime);
            BatchIntake intake = intake(runtime, batch -> {
                for (Received received : batch) {
                    var _ = runtime.database()
                            .session()
                            .createNativeQuery("SELECT CAST(:text AS integer)", Integer.class)
                            .setParameter("text", detail(received))
                            .getSingleResult();
                }
                claiming.handle(batch);
            });
            runtime.start();

            assertThat(intake.take(TestTopic.read(topic, message("1"), message("no number"), message("2"))))
                    .isTrue();

            assertThat(taken(runtime)).containsExactly("1", "2");
            assertThat(dead.take(1, any -> true)).hasSize(1);
        }
    }

    @Test
    void aFaultOfTheDatabaseIsWaitedFor() {
        try (MessagingRuntime runtime = TestRuntime.of("c", dataSource)) {
            AtomicInteger attempts = new AtomicInteger();
            BatchHandler claiming = claiming(runtime);
            BatchIntake intake = intake(runtime, batch -> {
                if (attempts.incrementAndGet() <= 4) {
                    throw new SQLTransientConnectionException("the database is away");
                }
                claiming.handle(batch);
            });

            assertThat(intake.take(TestTopic.read(topic, message("patient")))).isTrue();

            assertThat(taken(runtime)).containsExactly("patient");
            assertThat(attempts).hasValue(5);
            assertThat(letters).isEmpty();
        }
    }

    /** Otherwise it would be acknowledged, and lost. */
    @Test
    void whatIsNotTakenWhenTheProcessEndsIsNotAcknowledged() {
        MessagingRuntime runtime = TestRuntime.of("c", dataSource);
        AtomicInteger attempts = new AtomicInteger();
        Queue<Boolean> acknowledged = new ConcurrentLinkedQueue<>();
        BatchIntake intake = intake(runtime, batch -> {
            attempts.incrementAndGet();
            throw new KafkaException("away");
        });
        Thread channel =
                Thread.startVirtualThread(() -> acknowledged.add(intake.take(TestTopic.read(topic, message("later")))));
        await().atMost(Duration.ofSeconds(20)).until(() -> attempts.get() > 1);

        runtime.close();

        await().atMost(Duration.ofSeconds(20)).until(() -> !channel.isAlive());
        assertThat(acknowledged).containsExactly(false);
        assertThat(intake.take(TestTopic.read(topic, message("too late")))).isFalse();
    }

    @Test
    void aTraceGoesOnThroughTheHandlerAndTheOutbox() {
        Queue<SpanData> spans = new ConcurrentLinkedQueue<>();
        OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(new Collecting(spans)))
                        .build())
                .build();
        String out = TestTopic.uniqueName();
        try (MessagingRuntime runtime = TestRuntime.of("c", "c-1", dataSource, CrashPoints.none(), sdk);
                TestTopic seen = new TestTopic(out)) {
            BatchIntake intake = intake(
                    runtime, batch -> runtime.outbox().append(List.of(new OutboundMessage(out, message("answer")))));
            runtime.start();

            assertThat(intake.take(TestTopic.read(topic, message("question", TRACEPARENT))))
                    .isTrue();

            String answered =
                    TestTopic.decode(seen.take(1, any -> true).getFirst()).traceparent();
            await().until(() -> !spans.isEmpty());
            SpanData batch = spans.element();
            assertThat(answered).contains(batch.getTraceId()).contains(batch.getSpanId());
            assertThat(batch.getLinks())
                    .singleElement()
                    .satisfies(link -> assertThat(TRACEPARENT)
                            .contains(link.getSpanContext().getTraceId()));
        }
    }

    private record Collecting(Queue<SpanData> spans) implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> exported) {
            spans.addAll(exported);
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    private BatchIntake intake(MessagingRuntime runtime, BatchHandler handler) {
        return runtime.intake(
                "in",
                "in",
                List.of(topic),
                handler,
                letter -> runtime.database().afterCommit(() -> letters.add(letter)));
    }

    /** Takes each message once, into a table. */
    private static BatchHandler claiming(MessagingRuntime runtime) {
        Database database = runtime.database();
        database.useTransaction(() -> database.session()
                .createNativeMutationQuery(
                        "CREATE TABLE IF NOT EXISTS taken (n bigint GENERATED ALWAYS AS IDENTITY, detail text)")
                .executeUpdate());
        return batch -> {
            Inbox.Claims claims =
                    runtime.inbox().claim(batch.stream().map(Received::message).toList());
            for (Received received : batch) {
                if (claims.first(received.message())) {
                    database.session()
                            .createNativeMutationQuery("INSERT INTO taken (detail) VALUES (:detail)")
                            .setParameter("detail", detail(received))
                            .executeUpdate();
                }
            }
        };
    }

    private static List<String> taken(MessagingRuntime runtime) {
        return runtime.database()
                .inTransaction(() -> runtime.database()
                        .session()
                        .createNativeQuery("SELECT detail FROM taken ORDER BY n", String.class)
                        .getResultList());
    }

    private static String detail(Received received) {
        return received.message().body(Inspection.Refused.class).detail();
    }

    private static Message message(String detail) {
        return message(detail, null);
    }

    private static Message message(String detail, @Nullable String traceparent) {
        return new Message(
                UUID.randomUUID(),
                MessageType.INSTALLATION_REFUSED,
                URI.create("/test"),
                KEY.toString(),
                Instant.now(),
                traceparent,
                new Inspection.Refused(KEY, ErrorCode.INVALID, detail));
    }
}
