/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.CrashPoints.Moment;
import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.messaging.testing.TestDatabase;
import io.agroal.api.AgroalDataSource;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

class OutboxRelayTest {
    private static final UUID KEY = UUID.randomUUID();

    private final AgroalDataSource database = TestDatabase.create("db/messaging");
    private final String topic = TestTopic.uniqueName();

    @Test
    void messagesOfOneKeyArriveInTheOrderOfTheirTransactions() {
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime first = TestRuntime.of("a", database);
                MessagingRuntime second = TestRuntime.of("b", database)) {
            first.start();
            second.start();
            List<UUID> keys = List.of(UUID.randomUUID(), UUID.randomUUID(), UUID.randomUUID());
            for (int i = 0; i < 400; i++) {
                MessagingRuntime writer = i % 2 == 0 ? first : second;
                append(writer, message(keys.get(i % 3), "n" + i), message(keys.get((i + 1) % 3), "n" + i));
            }

            Map<UUID, List<Integer>> numbers = new HashMap<>();
            for (ConsumerRecord<String, byte[]> record : seen.take(800, any -> true)) {
                String detail = body(record).detail();
                numbers.computeIfAbsent(UUID.fromString(record.key()), key -> new ArrayList<>())
                        .add(Integer.parseInt(detail.substring(1)));
            }
            assertThat(numbers.keySet()).containsExactlyInAnyOrderElementsOf(keys);
            assertThat(numbers.values())
                    .allSatisfy(each -> assertThat(each).isSorted().doesNotHaveDuplicates());
            awaitEmpty(first);
        }
    }

    @Test
    void whatCommitsLateIsSentBeforeWhatFollowsIt() {
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime runtime = TestRuntime.of("a", database);
                MessagingRuntime other = TestRuntime.of("b", database)) {
            runtime.start();
            for (int round = 0; round < 5; round++) {
                UUID key = UUID.randomUUID();
                other.database().useTransaction(() -> {
                    other.outbox().append(List.of(new OutboundMessage(topic, message(key, "late"))));
                    for (int i = 0; i < 10; i++) {
                        append(runtime, message(KEY, "meanwhile"));
                        awaitEmpty(runtime);
                    }
                });
                append(other, message(key, "later"));

                assertThat(seen.take(2, record -> key.toString().equals(record.key())))
                        .extracting(record -> body(record).detail())
                        .containsExactly("late", "later");
            }
        }
    }

    @Test
    void whatThisProcessHasCommittedIsNotReadBackUnlessItsIdHasComeAgain() {
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime runtime = TestRuntime.of("a", database);
                MessagingRuntime other = TestRuntime.of("b", database)) {
            append(runtime, message(KEY, "known"));
            append(other, message(KEY, "of another process"));
            append(runtime, message(KEY, "of a time that was undone"));
            runtime.database().useTransaction(() -> {
                runtime.database()
                        .session()
                        .createNativeMutationQuery("UPDATE outbox SET key = 'nobody reads this' WHERE id = 1")
                        .executeUpdate();
                runtime.database()
                        .session()
                        .createNativeMutationQuery("""
                                UPDATE outbox SET created_at = created_at + interval '1 microsecond', value = :value
                                 WHERE id = 3
                                """)
                        .setParameter(
                                "value",
                                WireCodec.bytes(
                                        message(KEY, "what came instead").body()))
                        .executeUpdate();
            });
            runtime.start();

            List<ConsumerRecord<String, byte[]>> sent = seen.take(3, any -> true);
            assertThat(sent)
                    .extracting(record -> body(record).detail())
                    .containsExactly("known", "of another process", "what came instead");
            assertThat(sent).extracting(ConsumerRecord::key).containsOnly(KEY.toString());
            awaitEmpty(runtime);
        }
    }

    @Test
    void nothingLeavesWhenTheTransactionIsRolledBack() {
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime runtime = TestRuntime.of("a", database)) {
            runtime.start();
            assertThatThrownBy(() -> runtime.database().useTransaction(() -> {
                        runtime.outbox().append(List.of(new OutboundMessage(topic, message(KEY, "never"))));
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            append(runtime, message(KEY, "later"));

            assertThat(seen.take(1, any -> true))
                    .extracting(record -> body(record).detail())
                    .containsExactly("later");
        }
    }

    @Test
    void whatWasCommittedBeforeACrashLeavesAfterTheRestart() {
        try (TestTopic seen = new TestTopic(topic)) {
            Message message = message(KEY, "survivor");
            crash("a.relay.publish", message);
            assertThat(afterTheRestart(seen, 1)).containsExactly(message.id());
        }
    }

    @Test
    void aCrashBeforeTheDeleteSendsCopiesWithTheSameId() {
        try (TestTopic seen = new TestTopic(topic)) {
            Message message = message(KEY, "twice");
            crash("a.relay.delete", message);
            assertThat(afterTheRestart(seen, 2)).containsExactly(message.id(), message.id());
        }
    }

    @Test
    void anErrorDoesNotEndTheRelay() {
        AtomicInteger failures = new AtomicInteger();
        CrashPoints failing = (effect, moment) -> {
            if (effect.equals("a.relay.publish") && failures.getAndIncrement() < 2) {
                throw new NoClassDefFoundError("a/missing/Codec");
            }
        };
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime runtime = TestRuntime.of("a", "a-1", database, failing)) {
            runtime.start();
            UUID sent = append(runtime, message(KEY, "sent in the end"));

            assertThat(TestTopic.decode(seen.take(1, any -> true).getFirst()).id())
                    .isEqualTo(sent);
            assertThat(runtime.liveness()).allMatch(Liveness::up);
        }
    }

    @Test
    void longMessagesAreSentInBatchesThatTheHeapHolds() {
        AtomicInteger batches = new AtomicInteger();
        CrashPoints counting = (effect, moment) -> {
            if (effect.equals("a.relay.publish") && moment == Moment.BEFORE) {
                batches.incrementAndGet();
            }
        };
        Map<String, String> large = Map.of("text", "x".repeat(900_000));
        try (TestTopic seen = new TestTopic(topic);
                MessagingRuntime runtime = TestRuntime.of("a", "a-1", database, counting)) {
            for (int i = 0; i < 20; i++) {
                append(runtime, message(KEY, MessageType.INSTALLATION_REFUSED, large));
            }
            runtime.start();

            assertThat(seen.take(20, any -> true)).hasSize(20);
            awaitEmpty(runtime);
            assertThat(batches).hasValue(3);
        }
    }

    @Test
    void messagesWaitWhileKafkaIsAway() {
        try (MessagingRuntime runtime = TestRuntime.of("a", database)) {
            List<UUID> sent = new ArrayList<>();
            try (TestTopic seen = new TestTopic(topic)) {
                runtime.start();
                sent.add(append(runtime, message(KEY, "before")));
                var _ = seen.take(1, any -> true);
            }
            KafkaBroker.shared().kill();
            for (int i = 0; i < 50; i++) {
                sent.add(append(runtime, message(UUID.randomUUID(), "meanwhile")));
            }
            await().atMost(Duration.ofSeconds(20))
                    .until(() ->
                            runtime.meters().get("uplift.outbox.depth").gauge().value() >= 50);
            assertThat(runtime.liveness()).allMatch(Liveness::up);
            KafkaBroker.shared().restart();

            try (TestTopic seen = new TestTopic(topic)) {
                awaitEmpty(runtime);
                assertThat(new HashSet<>(seen.take(51, any -> true).stream()
                                .map(record -> TestTopic.decode(record).id())
                                .toList()))
                        .containsExactlyInAnyOrderElementsOf(sent);
            }
        }
    }

    @Test
    void aTopicThatSomebodyDeletedIsMadeAgainAndHoldsUpNobody() throws Exception {
        String other = TestTopic.uniqueName();
        try (Admin admin = Admin.create(TestTopic.settings("t").admin());
                TestTopic others = new TestTopic(other);
                MessagingRuntime runtime = TestRuntime.of("a", database)) {
            runtime.require(TopicSpec.latest(topic));
            runtime.start();
            append(runtime, message(KEY, "before"));
            awaitEmpty(runtime);
            admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);

            append(runtime, message(KEY, "after"));
            runtime.database()
                    .useTransaction(() -> runtime.outbox()
                            .append(List.of(new OutboundMessage(other, message(KEY, "of another saga")))));

            awaitEmpty(runtime);
            assertThat(others.take(1, any -> true)).hasSizeGreaterThanOrEqualTo(1);
            try (TestTopic seen = new TestTopic(topic)) {
                assertThat(body(seen.take(1, any -> true).getLast()).detail()).isEqualTo("after");
            }
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            Map<ConfigResource, Config> configs =
                    admin.describeConfigs(List.of(resource)).all().get(20, TimeUnit.SECONDS);
            assertThat(configs.values())
                    .extracting(config -> config.get("cleanup.policy").value())
                    .containsExactly("compact");
        }
    }

    @Test
    void aMessageThatKafkaWouldRefuseIsRefusedAtOnce() {
        try (MessagingRuntime runtime = TestRuntime.of("a", database)) {
            Map<String, String> large = Map.of("text", "x".repeat(1_000_000));
            assertThatThrownBy(() -> append(runtime, message(KEY, MessageType.INSTALLATION_REFUSED, large)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at most 1000000 are sent");
        }
    }

    /** Commits {@code message} and lets the relay die before {@code effect}. */
    private void crash(String effect, Message message) {
        TestRuntime.Death death = TestRuntime.dieAt(effect, Moment.BEFORE);
        try (MessagingRuntime dying = TestRuntime.of("a", "a-1", database, death)) {
            dying.start();
            append(dying, message);
            await().atMost(Duration.ofSeconds(20)).until(death::happened);
        }
    }

    /** The ids of all that was sent once another relay has emptied the outbox. */
    private List<UUID> afterTheRestart(TestTopic seen, int count) {
        try (MessagingRuntime restarted = TestRuntime.of("a", database)) {
            restarted.start();
            awaitEmpty(restarted);
            return seen.take(count, any -> true).stream()
                    .map(record -> TestTopic.decode(record).id())
                    .toList();
        }
    }

    private UUID append(MessagingRuntime runtime, Message... messages) {
        runtime.database()
                .useTransaction(() -> runtime.outbox()
                        .append(List.of(messages).stream()
                                .map(message -> new OutboundMessage(topic, message))
                                .toList()));
        return messages[0].id();
    }

    private static void awaitEmpty(MessagingRuntime runtime) {
        await().atMost(Duration.ofSeconds(90))
                .until(() -> runtime.database()
                                .inTransaction(() -> runtime.database()
                                        .session()
                                        .createSelectionQuery("select count(*) from OutboxEntry", Long.class)
                                        .getSingleResult())
                        == 0);
    }

    private static Message message(UUID key, String detail) {
        return message(key, MessageType.INSTALLATION_REFUSED, new Inspection.Refused(key, ErrorCode.INVALID, detail));
    }

    private static Message message(UUID key, String type, Object body) {
        return new Message(UUID.randomUUID(), type, URI.create("/test"), key.toString(), Instant.now(), null, body);
    }

    private static Inspection.Refused body(ConsumerRecord<String, byte[]> record) {
        return TestTopic.decode(record).body(Inspection.Refused.class);
    }
}
