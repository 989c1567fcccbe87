/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Message;
import dev.uplift.contract.WireCodec;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Which messages were taken already. Thread-safe. */
public final class Inbox {
    private final Database database;

    Inbox(Database database) {
        this.database = database;
    }

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
     * Claims messages in the transaction of this thread: each id is handed out once, to the one transaction
     * that commits it. Waits for another transaction that is about to claim the same ids.
     */
    public Claims claim(Collection<Message> messages) {
        Map<UUID, String> digests = new LinkedHashMap<>();
        messages.forEach(message -> digests.computeIfAbsent(message.id(), _ -> digest(message)));
        if (digests.isEmpty()) {
            return new Claims(new HashSet<>(), digests);
        }
        // One statement in the order of the ids, however many there are: two claims never wait for each other.
        Set<UUID> fresh = new HashSet<>(database.column("""
                        INSERT INTO inbox (message_id, digest)
                        SELECT id, digest FROM unnest(:ids, :digests) AS claimed (id, digest) ORDER BY id
                        ON CONFLICT DO NOTHING RETURNING message_id
                        """, "message_id", UUID.class)
                .setParameter("ids", digests.keySet().toArray(UUID[]::new))
                .setParameter("digests", digests.values().toArray(String[]::new))
                .getResultList());
        if (fresh.size() < digests.size()) {
            digests.putAll(known(digests.keySet()));
        }
        return new Claims(fresh, digests);
    }

    /**
     * Forgets, in the transaction of this thread, at most {@code max} of what was claimed before {@code before}: longer ago
     * than Kafka keeps messages.
     *
     * @return how many
     */
    public int forget(Instant before, int max) {
        return database.session()
                .createMutationQuery(
                        "delete from InboxEntry where messageId in"
                                + " (select old.messageId from InboxEntry old where old.claimedAt < :before order by old.claimedAt limit :max)")
                .setParameter("before", before)
                .setParameter("max", max)
                .executeUpdate();
    }

    /** The digests that were kept; of what was claimed before they were, the message's own will do. */
    private Map<UUID, String> known(Set<UUID> ids) {
        Map<UUID, String> known = new HashMap<>();
        for (InboxEntry entry : database.session().getMultiple(InboxEntry.class, List.copyOf(ids))) {
            if (entry != null && entry.digest != null) {
                known.put(entry.messageId, entry.digest);
            }
        }
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
