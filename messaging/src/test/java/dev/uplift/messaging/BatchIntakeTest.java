package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.CompressionType;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchConsumerTest {
    private static final String TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static final UUID KEY = UUID.randomUUID();

    private final AgroalDataSource database = TestDatabase.create("db/messaging");
    private final String topic = TestTopic.uniqueName();
    private final Queue<String> taken = new ConcurrentLinkedQueue<>();
    private final Queue<DeadLetter> letters = new ConcurrentLinkedQueue<>();

    @Test
    void copiesAreAbsorbedByTheInbox() {
        try (MessagingRuntime runtime = TestRuntime.of("c", database)) {
            runtime.consumer("in", List.of(topic), claiming(runtime), DeadLetterSink.NONE);
            runtime.start();
            TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
            Message first = message("first");
            for (int i = 0; i < 5; i++) {
                TestTopic.send(topic, first);
            }
            TestTopic.send(topic, message("last"));

            awaitTaken("first", "last");
        }
    }

    @Test
    void aCrashBetweenCommitAndAcknowledgementChangesNothing() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        TestTopic.send(topic, message("once"));
        TestRuntime.Death death = TestRuntime.dieAt("c.offsets.commit", Moment.BEFORE);
        try (MessagingRuntime dying = TestRuntime.of("c", "c-1", database, death)) {
            dying.consumer("in", List.of(topic), claiming(dying), DeadLetterSink.NONE);
            dying.start();
            await().atMost(Duration.ofSeconds(20)).until(death::happened);
        }
        try (MessagingRuntime restarted = TestRuntime.of("c", database)) {
            AtomicInteger batches = new AtomicInteger();
            BatchHandler claiming = claiming(restarted);
            restarted.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) -> {
                        batches.incrementAndGet();
                        claiming.handle(handle, batch);
                    },
                    DeadLetterSink.NONE);
            restarted.start();
            await().atMost(Duration.ofSeconds(20)).until(() -> batches.get() > 0);
            TestTopic.send(topic, message("next"));
            awaitTaken("once", "next");
        }
    }

    @Test
    void aRecordThatIsNoMessageIsDeadLetteredAndTheRestIsTaken() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        TestTopic.send(topic, message("before"));
        TestTopic.send(new ProducerRecord<>(topic, "k\0", "{not json".getBytes(StandardCharsets.UTF_8)));
        TestTopic.send(topic, message("after"));
        try (MessagingRuntime runtime = TestRuntime.of("c", database);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            runtime.consumer("in", List.of(topic), claiming(runtime), (handle, letter) -> note(handle, letter));
            runtime.start();
            awaitTaken("before", "after");

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

    /** Clients choose the codec: each must be on the class path of whoever reads, and of the broker. */
    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void messagesAreTakenWhateverTheyWereCompressedBy(CompressionType codec) throws Exception {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        Map<String, Object> compressing = new HashMap<>(TestTopic.settings("t").reliableProducer());
        compressing.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, codec.name);
        try (MessagingRuntime runtime = TestRuntime.of("c", database);
                KafkaProducer<String, byte[]> producer = new KafkaProducer<>(compressing)) {
            runtime.consumer("in", List.of(topic), claiming(runtime), DeadLetterSink.NONE);
            runtime.start();

            var _ = producer.send(WireCodec.encode(topic, message(codec.name))).get(20, TimeUnit.SECONDS);

            awaitTaken(codec.name);
        }
    }

    @Test
    void anErrorEndsNoConsumer() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        AtomicInteger failures = new AtomicInteger();
        CrashPoints failing = (effect, moment) -> {
            if (effect.equals("c.offsets.commit") && failures.getAndIncrement() < 2) {
                throw new NoClassDefFoundError("a/missing/Codec");
            }
        };
        try (MessagingRuntime runtime = TestRuntime.of("c", "c-1", database, failing)) {
            runtime.consumer("in", List.of(topic), claiming(runtime), DeadLetterSink.NONE);
            runtime.start();
            TestTopic.send(topic, message("first"));
            awaitTaken("first");
            TestTopic.send(topic, message("second"));
            awaitTaken("first", "second");

            await().atMost(Duration.ofSeconds(20)).until(() -> failures.get() > 2);
            assertThat(runtime.liveness()).allMatch(Liveness::up);
        }
    }

    @Test
    void aMessageThatBreaksTheHandlerIsDeadLetteredAndTheRestIsTaken() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        for (String detail : List.of("one", "poison", "two")) {
            TestTopic.send(topic, message(detail));
        }
        try (MessagingRuntime runtime = TestRuntime.of("c", database);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            BatchHandler claiming = claiming(runtime);
            runtime.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) -> {
                        claiming.handle(handle, batch);
                        if (batch.stream().anyMatch(received -> detail(received).equals("poison"))) {
                            throw new StackOverflowError("secret in the text of an error");
                        }
                    },
                    (handle, letter) -> note(handle, letter));
            runtime.start();

            ConsumerRecord<String, byte[]> letter = dead.take(1, any -> true).getFirst();
            assertThat(TestTopic.header(letter, "dlq_reason")).isEqualTo("taking it fails with StackOverflowError");
            assertThat(TestTopic.header(letter, "ce_type")).isEqualTo(MessageType.INSTALLATION_REFUSED);
            await().until(() -> committed(runtime).equals(Set.of("one", "two")));
            assertThat(letters).hasSize(1);
            assertThat(runtime.liveness())
                    .extracting(Liveness::detail)
                    .noneMatch(detail -> detail.contains("fails since"));
        }
    }

    @Test
    void aMessageThatCannotEvenBeBuriedShows() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        TestTopic.send(topic, message("poison"));
        try (MessagingRuntime runtime = TestRuntime.of("c", database)) {
            runtime.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) -> {
                        throw new IllegalStateException("a defect of the handler");
                    },
                    (handle, letter) -> {
                        throw new IllegalStateException("a defect of the sink");
                    });
            runtime.start();

            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(runtime.liveness())
                            .extracting(Liveness::detail)
                            .anyMatch(detail ->
                                    detail.contains("it fails since") && detail.contains("a defect of the sink")));
        }
    }

    @Test
    void dataThatTheDatabaseRefusesIsPoisonToo() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        for (String detail : List.of("1", "no number", "2")) {
            TestTopic.send(topic, message(detail));
        }
        try (MessagingRuntime runtime = TestRuntime.of("c", database);
                TestTopic dead = new TestTopic(Topics.deadLetters(topic))) {
            runtime.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) -> batch.forEach(received -> {
                        handle.execute("SELECT CAST(? AS integer)", detail(received));
                        taken.add(detail(received));
                    }),
                    DeadLetterSink.NONE);
            runtime.start();
            assertThat(dead.take(1, any -> true)).hasSize(1);
            await().until(() -> Set.copyOf(taken).equals(Set.of("1", "2")));
        }
    }

    @Test
    void aFaultOfTheDatabaseIsWaitedFor() {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        TestTopic.send(topic, message("patient"));
        try (MessagingRuntime runtime = TestRuntime.of("c", database)) {
            AtomicInteger attempts = new AtomicInteger();
            BatchHandler claiming = claiming(runtime);
            runtime.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) -> {
                        if (attempts.incrementAndGet() <= 4) {
                            throw new SQLTransientConnectionException("the database is away");
                        }
                        claiming.handle(handle, batch);
                    },
                    (handle, letter) -> note(handle, letter));
            runtime.start();
            awaitTaken("patient");
            assertThat(attempts).hasValue(5);
            assertThat(letters).isEmpty();
        }
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
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        try (MessagingRuntime runtime = TestRuntime.of("c", "c-1", database, CrashPoints.NONE, sdk);
                TestTopic seen = new TestTopic(out)) {
            runtime.consumer(
                    "in",
                    List.of(topic),
                    (handle, batch) ->
                            runtime.outbox().append(handle, List.of(new OutboundMessage(out, message("answer")))),
                    DeadLetterSink.NONE);
            runtime.start();
            TestTopic.send(topic, message("question", TRACEPARENT));

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

    /** Takes each message once, into {@link #taken} and into a table. */
    private BatchHandler claiming(MessagingRuntime runtime) {
        runtime.jdbi().useHandle(handle -> handle.execute("CREATE TABLE IF NOT EXISTS taken (detail text)"));
        return (handle, batch) -> {
            Inbox.Claims claims = runtime.inbox()
                    .claim(handle, batch.stream().map(Received::message).toList());
            for (Received received : batch) {
                if (claims.first(received.message())) {
                    handle.execute("INSERT INTO taken VALUES (?)", detail(received));
                    handle.afterCommit(() -> taken.add(detail(received)));
                }
            }
        };
    }

    private static Set<String> committed(MessagingRuntime runtime) {
        return Set.copyOf(runtime.jdbi()
                .withHandle(handle -> handle.createQuery("SELECT detail FROM taken")
                        .mapTo(String.class)
                        .list()));
    }

    private void note(Handle handle, DeadLetter letter) {
        handle.afterCommit(() -> letters.add(letter));
    }

    private void awaitTaken(String... details) {
        await().atMost(Duration.ofSeconds(20)).until(() -> taken.size() >= details.length);
        assertThat(taken).containsExactly(details);
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
