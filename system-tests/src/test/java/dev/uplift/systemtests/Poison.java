/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.contract.MessageType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Records that nobody can take: no message at all, one of an unknown type, one without what its type must have, in turn. */
final class Poison {
    private static final String SOURCE = "/uplift/system-tests/poison";

    private final Wire wire;
    private int sentCount;

    Poison(Wire wire) {
        this.wire = wire;
    }

    /** Publishes the next one; returns when Kafka has it. */
    void send(String topic, String key) {
        switch (sentCount++ % 3) {
            case 0 -> send(topic, key, "{not json", Map.of());
            case 1 -> send(topic, key, "{}", headers(key, "no.such.type"));
            default -> send(topic, key, "{}", headers(key, MessageType.STEP_SUCCEEDED));
        }
    }

    private void send(String topic, String key, String value, Map<String, String> headers) {
        wire.send(topic, key, value.getBytes(StandardCharsets.UTF_8), headers);
    }

    private static Map<String, String> headers(String key, String type) {
        return Map.of(
                "ce_specversion",
                "1.0",
                "ce_id",
                UUID.randomUUID().toString(),
                "ce_type",
                type,
                "ce_source",
                SOURCE,
                "ce_time",
                Instant.now().toString(),
                "ce_subject",
                key);
    }

    int sentCount() {
        return sentCount;
    }

    static boolean is(ConsumerRecord<byte[], byte[]> record) {
        Header source = record.headers().lastHeader("ce_source");
        return source == null || new String(source.value(), StandardCharsets.UTF_8).equals(SOURCE);
    }
}
