package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.messaging.testing.TestDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

class InboxTest {
    private final Jdbi jdbi = MessagingRuntime.jdbi(TestDatabase.create("db/messaging"));
    private final Inbox inbox = new Inbox();

    @Test
    void eachIdIsClaimedOnceByOneOfManyAtTheSameTime() throws Exception {
        List<UUID> ids = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            ids.add(UUID.randomUUID());
        }
        List<Callable<Set<UUID>>> claims = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            List<UUID> shuffled = new ArrayList<>(ids);
            Collections.shuffle(shuffled);
            claims.add(() -> jdbi.inTransaction(handle -> inbox.claim(handle, shuffled)));
        }
        List<UUID> claimed = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (Future<Set<UUID>> one : threads.invokeAll(claims)) {
                claimed.addAll(one.get());
            }
        }
        assertThat(claimed).doesNotHaveDuplicates().hasSameElementsAs(ids);
    }

    @Test
    void aClaimThatIsRolledBackIsFreeAgain() {
        UUID id = UUID.randomUUID();
        jdbi.useHandle(handle -> {
            handle.begin();
            assertThat(inbox.claim(handle, List.of(id))).containsExactly(id);
            handle.rollback();
        });
        Set<UUID> again = jdbi.inTransaction(handle -> inbox.claim(handle, List.of(id, id)));
        assertThat(again).isEqualTo(new HashSet<>(List.of(id)));
    }

    @Test
    void whatWasForgottenCanBeClaimedAgain() {
        UUID id = UUID.randomUUID();
        jdbi.useTransaction(handle -> inbox.claim(handle, List.of(id)));
        int none =
                jdbi.inTransaction(handle -> inbox.forget(handle, Instant.now().minusSeconds(60)));
        int one =
                jdbi.inTransaction(handle -> inbox.forget(handle, Instant.now().plusSeconds(60)));
        assertThat(none).isZero();
        assertThat(one).isEqualTo(1);
    }
}
