/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Json;
import dev.uplift.contract.Topics;
import dev.uplift.contract.WireCodec;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves records that nobody can take to {@code <topic>.dlq}, through the outbox, so that it happens
 * with the transaction or not at all.
 *
 * <p>A dead letter has the key and value of the record and says in the headers {@code dlq_topic},
 * {@code dlq_partition}, {@code dlq_offset} and {@code dlq_reason} where it came from and why.
 */
public final class DeadLetters {
    /** Why a message is refused that has the id of an earlier one and is no copy of it. */
    public static final String ID_REUSED = "header ce_id is that of an earlier message with another type or body";

    private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);
    private static final int REASON_LENGTH_MAX = 500;

    private final Database database;
    private final Outbox outbox;
    private final MeterRegistry meters;

    DeadLetters(Database database, Outbox outbox, MeterRegistry meters) {
        this.database = database;
        this.outbox = outbox;
        this.meters = meters;
    }

    /**
     * Refuses, in the transaction of this thread, a message that a handler understood but must not take, such as a forged one.
     *
     * @param reason one line; nothing of the message's body
     */
    public void refuse(Received received, String reason, DeadLetterSink sink) {
        byte[] value = WireCodec.bytes(received.message().body());
        DeadLetter letter = new DeadLetter(
                received.topic(),
                received.partition(),
                received.offset(),
                OneLine.of(received.message().key()),
                OneLine.of(reason, REASON_LENGTH_MAX));
        ProducerRecord<String, byte[]> moved = WireCodec.encode(letter.topic(), received.message());
        move(letter, value, moved.headers().toArray(), sink);
    }

    void move(ConsumerRecord<String, byte[]> dead, String reason, DeadLetterSink sink) {
        DeadLetter letter = new DeadLetter(
                dead.topic(),
                dead.partition(),
                dead.offset(),
                dead.key() == null ? null : OneLine.of(dead.key()),
                OneLine.of(reason, REASON_LENGTH_MAX));
        move(letter, dead.value(), dead.headers().toArray(), sink);
    }

    private void move(DeadLetter letter, byte @Nullable [] value, Header[] headers, DeadLetterSink sink) {
        boolean fits = value != null && value.length <= Json.DOCUMENT_BYTES_MAX;
        ProducerRecord<String, byte[]> moved =
                new ProducerRecord<>(Topics.deadLetters(letter.topic()), letter.key(), fits ? value : null);
        for (Header header : headers) {
            if (header.key().startsWith("ce_") && isPlain(header.value())) {
                moved.headers().add(header);
            }
        }
        header(moved, "dlq_topic", letter.topic());
        header(moved, "dlq_partition", Integer.toString(letter.partition()));
        header(moved, "dlq_offset", Long.toString(letter.offset()));
        header(moved, "dlq_reason", letter.reason());
        outbox.appendRecords(List.of(moved));
        sink.accept(letter);
        LOG.warn("dead letter from {}: {}", letter.source(), letter.reason());
        database.afterCommit(() -> meters.counter("uplift.messaging.dead.letters", "topic", letter.topic())
                .increment());
    }

    private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static boolean isPlain(byte @Nullable [] value) {
        if (value == null || value.length > 256) {
            return false;
        }
        for (byte b : value) {
            if (b < 0x20 || b == 0x7f) {
                return false;
            }
        }
        return true;
    }
}
