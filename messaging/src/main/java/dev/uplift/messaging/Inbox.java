package dev.uplift.messaging;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Which messages were taken already. Thread-safe. */
public final class Inbox {
    Inbox() {}

    /**
     * Claims messages in the caller's transaction: each id is handed out once, to the one transaction
     * that commits it. Waits for another transaction that is about to claim the same ids.
     *
     * @return those of {@code ids} that nobody claimed before
     */
    public Set<UUID> claim(Handle handle, Collection<UUID> ids) {
        if (ids.isEmpty()) {
            return Set.of();
        }
        return new HashSet<>(handle.createQuery("""
                        INSERT INTO inbox (message_id)
                        SELECT DISTINCT id FROM unnest(:ids) AS claimed (id) ORDER BY id
                        ON CONFLICT DO NOTHING RETURNING message_id
                        """)
                .bindArray("ids", UUID.class, ids)
                .mapTo(UUID.class)
                .list());
    }

    /**
     * Forgets what was claimed before {@code before}: longer ago than Kafka keeps messages.
     *
     * @return how many
     */
    public int forget(Handle handle, Instant before) {
        return handle.createUpdate("DELETE FROM inbox WHERE claimed_at < :before")
                .bind("before", OffsetDateTime.ofInstant(before, ZoneOffset.UTC))
                .execute();
    }
}
