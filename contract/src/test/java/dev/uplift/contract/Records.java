/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/** What a broker hands to a consumer for what a producer sent. */
final class Records {
    private Records() {}

    static ConsumerRecord<String, byte[]> received(ProducerRecord<String, byte[]> sent) {
        return received(sent, sent.key(), sent.value());
    }

    static ConsumerRecord<String, byte[]> withBody(Message message, String json) {
        ProducerRecord<String, byte[]> sent = WireCodec.encode("topic", message);
        return received(sent, sent.key(), json.getBytes(StandardCharsets.UTF_8));
    }

    static ConsumerRecord<String, byte[]> withKey(Message message, @Nullable String key) {
        ProducerRecord<String, byte[]> sent = WireCodec.encode("topic", message);
        return received(sent, key, sent.value());
    }

    /** {@code value} null: without the header. */
    static ConsumerRecord<String, byte[]> withHeader(Message message, String name, @Nullable String value) {
        ConsumerRecord<String, byte[]> record = received(WireCodec.encode("topic", message));
        record.headers().remove(name);
        if (value != null) {
            record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
        }
        return record;
    }

    @SuppressWarnings("NullAway") // Kafka takes a null key; its signature does not say so
    private static ConsumerRecord<String, byte[]> received(
            ProducerRecord<String, byte[]> sent, @Nullable String key, byte[] value) {
        RecordHeaders headers = new RecordHeaders();
        for (Header header : sent.headers()) {
            headers.add(header.key(), header.value());
        }
        return new ConsumerRecord<>(
                sent.topic(),
                0,
                1,
                1_700_000_000_000L,
                TimestampType.CREATE_TIME,
                key == null ? -1 : key.length(),
                value.length,
                key,
                value,
                headers,
                java.util.Optional.empty());
    }
}
