/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.messaging.testing.TestDatabase;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Database database = LocalTransactions.database(TestDatabase.create("db/messaging"));
    private final Inbox inbox = new Inbox(database);

    @Test
    void eachIdIsClaimedOnceByOneOfManyAtTheSameTime() throws Exception {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            messages.add(message(UUID.randomUUID(), "1"));
        }
        List<Callable<List<UUID>>> claims = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            List<Message> shuffled = new ArrayList<>(messages);
            Collections.shuffle(shuffled);
            claims.add(() -> claim(shuffled));
        }
        List<UUID> claimed = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<List<UUID>> one : threads.invokeAll(claims)) {
                claimed.addAll(one.get());
            }
        }
        assertThat(claimed)
                .doesNotHaveDuplicates()
                .hasSameElementsAs(messages.stream().map(Message::id).toList());
    }

    @Test
    void aClaimThatIsRolledBackIsFreeAgain() {
        Message message = message(UUID.randomUUID(), "1");
        assertThatThrownBy(() -> database.useTransaction(() -> {
                    assertThat(inbox.claim(List.of(message)).first(message)).isTrue();
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(claim(List.of(message, message))).containsExactly(message.id());
    }

    @Test
    void whatWasForgottenCanBeClaimedAgain() {
        Message message = message(UUID.randomUUID(), "1");
        claim(List.of(message));
        int none = database.inTransaction(() -> inbox.forget(Instant.now().minusSeconds(60), 10));
        int one = database.inTransaction(() -> inbox.forget(Instant.now().plusSeconds(60), 1));
        assertThat(none).isZero();
        assertThat(one).isEqualTo(1);
    }

    @Test
    void aCopyIsToldFromAnotherMessageWithItsId() {
        UUID id = UUID.randomUUID();
        Message first = message(id, "1");
        Message other = message(id, "2");

        database.useTransaction(() -> {
            Inbox.Claims together = inbox.claim(List.of(first, message(id, "1"), other));
            assertThat(together.first(first)).isTrue();
            assertThat(together.first(other)).isFalse();
            assertThat(together.reused(message(id, "1"))).isFalse();
            assertThat(together.reused(other)).isTrue();
        });
        database.useTransaction(() -> {
            Inbox.Claims later = inbox.claim(List.of(other, first));
            assertThat(later.first(other)).isFalse();
            assertThat(later.reused(other)).isTrue();
            assertThat(later.reused(first)).isFalse();
        });
    }

    private List<UUID> claim(List<Message> messages) {
        return database.inTransaction(() -> {
            Inbox.Claims claims = inbox.claim(messages);
            return messages.stream().filter(claims::first).map(Message::id).toList();
        });
    }

    private static Message message(UUID id, String problem) {
        return new Message(
                id,
                MessageType.COMMAND_REFUSED,
                URI.create("/test"),
                "topic/0/1",
                Instant.now(),
                null,
                new CommandRefused("topic/0/1", problem));
    }
}
