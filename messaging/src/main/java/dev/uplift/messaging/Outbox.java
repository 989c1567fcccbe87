/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Json;
import dev.uplift.contract.Message;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.CommittedMessages.Committed;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** Messages that leave if, and only if, the transaction that decided on them commits. Thread-safe. */
public final class Outbox {
    private final Database database;
    private final Tracing tracing;
    private final Consumer<List<Committed>> relay;

    /** @param relay told after a commit what it left to send */
    Outbox(Database database, Tracing tracing, Consumer<List<Committed>> relay) {
        this.database = database;
        this.tracing = tracing;
        this.relay = relay;
    }

    /**
     * Adds messages in the transaction of this thread, in one statement. They are sent at least once, those
     * of one transaction in this order; those of one key in the order of their transactions, if these
     * excluded each other. A message without a trace gets the current one.
     *
     * @throws IllegalArgumentException if a body is longer than {@link Json#DOCUMENT_BYTES_MAX}
     */
    public void append(List<OutboundMessage> messages) {
        appendRecords(messages.stream()
                .map(outbound -> WireCodec.encode(outbound.topic(), traced(outbound.message())))
                .toList());
    }

    /** Ends what a compacted topic says of these keys, as {@link #append} sends: each gets a record without a value. */
    public void appendTombstones(String topic, Collection<UUID> keys) {
        appendRecords(keys.stream()
                .map(key -> new ProducerRecord<String, byte[]>(topic, key.toString(), null))
                .toList());
    }

    void appendRecords(List<ProducerRecord<String, byte[]>> records) {
        if (records.isEmpty()) {
            return;
        }
        List<String> topics = new ArrayList<>();
        List<@Nullable String> keys = new ArrayList<>();
        List<String> headers = new ArrayList<>();
        List<byte @Nullable []> values = new ArrayList<>();
        for (ProducerRecord<String, byte[]> message : records) {
            byte[] value = message.value();
            if (value != null && value.length > Json.DOCUMENT_BYTES_MAX) {
                throw new IllegalArgumentException("a message to " + message.topic() + " has " + value.length
                        + " bytes, at most " + Json.DOCUMENT_BYTES_MAX + " are sent");
            }
            topics.add(message.topic());
            keys.add(message.key());
            headers.add(headers(message));
            values.add(value);
        }
        // One statement that numbers in order: rows that are inserted one by one could be numbered between those of
        // another. The transaction has its own number before: see SettledIds.
        List<Object[]> rows = database.rows("""
                        WITH writer AS MATERIALIZED (SELECT pg_current_xact_id() AS id), written AS (
                            INSERT INTO outbox (topic, key, headers, value)
                            SELECT topic, key, headers, value
                            FROM writer, unnest(:topics, :keys, :headers, :values) WITH ORDINALITY
                                AS message (topic, key, headers, value, position)
                            WHERE writer.id IS NOT NULL ORDER BY position RETURNING id, created_at)
                        SELECT id, created_at FROM written ORDER BY id
                        """)
                .addScalar("id", Long.class)
                .addScalar("created_at", Instant.class)
                .setParameter("topics", topics.toArray(String[]::new))
                .setParameter("keys", keys.toArray(String[]::new))
                .setParameter("headers", headers.toArray(String[]::new))
                .setParameter("values", values.toArray(byte[][]::new))
                .getResultList();
        List<Committed> written = new ArrayList<>();
        for (int i = 0; i < records.size(); i++) {
            written.add(new Committed((long) rows.get(i)[0], (Instant) rows.get(i)[1], records.get(i)));
        }
        database.afterCommit(() -> relay.accept(written));
    }

    private Message traced(Message message) {
        String traceparent = tracing.current();
        return message.traceparent() != null || traceparent == null
                ? message
                : new Message(
                        message.id(),
                        message.type(),
                        message.source(),
                        message.key(),
                        message.time(),
                        traceparent,
                        message.body());
    }

    private static String headers(ProducerRecord<String, byte[]> message) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (Header header : message.headers()) {
            headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
        }
        return new String(WireCodec.bytes(headers), StandardCharsets.UTF_8);
    }
}
