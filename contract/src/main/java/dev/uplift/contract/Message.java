/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.net.URI;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One CloudEvent.
 *
 * @param id the same for every copy of the message: readers use it to drop copies
 * @param type one of {@link MessageType}
 * @param source who says it, such as {@code /uplift/orchestrator}
 * @param key the Kafka key, and the CloudEvent's subject: what the message is about
 * @param traceparent W3C trace context; absent: not traced
 * @param body the record that {@link MessageType#bodyOf} names for {@code type}; to be sent, also its {@link JsonText}
 */
public record Message(
        UUID id,
        String type,
        URI source,
        String key,
        Instant time,
        @Nullable String traceparent,
        Object body) {
    public Message {
        Checks.present(id, "id");
        Checks.text(type, "type");
        Checks.present(source, "source");
        Checks.text(key, "key");
        Checks.present(time, "time");
        Checks.present(body, "body");
    }

    /** The body as {@code type}; fails with {@link ClassCastException} if it is another record. */
    public <T> T body(Class<T> type) {
        return type.cast(body);
    }
}
