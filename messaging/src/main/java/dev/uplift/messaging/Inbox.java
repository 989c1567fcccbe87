package dev.uplift.messaging;

import dev.uplift.contract.Message;
import dev.uplift.contract.WireCodec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Which messages were taken already. Thread-safe. */
public final class Inbox {
    Inbox() {}

    /** What became of the messages of one {@link #claim}; used by one thread. */
    public static final class Claims {
        private final Set<UUID> fresh;
        private final Map<UUID, String> digests;

        private Claims(Set<UUID> fresh, Map<UUID, String> digests) {
            this.fresh = fresh;
            this.digests = digests;
        }

        /** Whether nobody claimed its id before; true once for each id. */
        public boolean first(Message message) {
            return fresh.remove(message.id());
        }

        /** Whether it is no copy, although its id was claimed before: its sender has used the id for two messages. */
        public boolean reused(Message message) {
            String known = digests.get(message.id());
            return known != null && !known.equals(digest(message));
        }
    }

    /**
     * Claims messages in the caller's transaction: each id is handed out once, to the one transaction
     * that commits it. Waits for another transaction that is about to claim the same ids.
     */
    public Claims claim(Handle handle, Collection<Message> messages) {
        Map<UUID, String> digests = new LinkedHashMap<>();
        messages.forEach(message -> digests.computeIfAbsent(message.id(), _ -> digest(message)));
        if (digests.isEmpty()) {
            return new Claims(new HashSet<>(), digests);
        }
        Set<UUID> fresh = new HashSet<>(handle.createQuery("""
                        INSERT INTO inbox (message_id, digest)
                        SELECT id, digest FROM unnest(:ids, :digests) AS claimed (id, digest) ORDER BY id
                        ON CONFLICT DO NOTHING RETURNING message_id
                        """)
                .bindArray("ids", UUID.class, List.copyOf(digests.keySet()))
                .bindArray("digests", String.class, List.copyOf(digests.values()))
                .mapTo(UUID.class)
                .list());
        if (fresh.size() < digests.size()) {
            digests.putAll(known(handle, digests.keySet()));
        }
        return new Claims(fresh, digests);
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

    /** The digests that were kept; of what was claimed before they were, the message's own will do. */
    private static Map<UUID, String> known(Handle handle, Set<UUID> ids) {
        Map<UUID, String> known = new HashMap<>();
        handle.createQuery("SELECT message_id, digest FROM inbox WHERE message_id = ANY(:ids) AND digest IS NOT NULL")
                .bindArray("ids", UUID.class, List.copyOf(ids))
                .map((row, context) -> Map.entry(row.getObject("message_id", UUID.class), row.getString("digest")))
                .forEach(entry -> known.put(entry.getKey(), entry.getValue()));
        return known;
    }

    /** The same for every spelling of the same message. */
    private static String digest(Message message) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update((message.type() + "\n").getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(sha256.digest(WireCodec.bytes(message.body())));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
