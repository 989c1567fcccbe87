/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Instant;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the outbox that this process has committed, as messages, so that its relay need not read them back. What is not
 * here is read from the table: another process wrote it, or there was no room. Thread-safe.
 */
final class CommittedMessages {
    /** Of keys and values. */
    private static final int BYTES_MAX = 16_000_000;

    private static final int HEADERS_BYTES = 500;

    private final NavigableMap<Long, Committed> messages = new TreeMap<>();
    private long bytes;

    /**
     * A row.
     *
     * @param createdAt an id may come again in a database that was set back, with another time
     */
    record Committed(long id, Instant createdAt, ProducerRecord<String, byte[]> message) {
        private int bytes() {
            return HEADERS_BYTES + (message.value() == null ? 0 : message.value().length);
        }
    }

    synchronized void put(List<Committed> committed) {
        for (Committed one : committed) {
            if (bytes + one.bytes() <= BYTES_MAX) {
                bytes += one.bytes();
                forget(messages.put(one.id(), one));
            }
        }
    }

    /** The message of a row, which is not here any more then; null: it is not here. */
    synchronized @Nullable ProducerRecord<String, byte[]> take(long id, Instant createdAt) {
        Committed taken = messages.remove(id);
        forget(taken);
        return taken == null || !taken.createdAt().equals(createdAt) ? null : taken.message();
    }

    /** No row below this id is there any more: another relay has sent it, or this one before it came here. */
    synchronized void forgetBelow(long id) {
        NavigableMap<Long, Committed> gone = messages.headMap(id, false);
        gone.values().forEach(this::forget);
        gone.clear();
    }

    private void forget(@Nullable Committed one) {
        bytes -= one == null ? 0 : one.bytes();
    }
}
