/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import org.jspecify.annotations.Nullable;

/**
 * A record that could not be taken and went to its topic's dead letters.
 *
 * @param key as received, without control characters
 * @param reason one line for a person; nothing of the record's body
 */
public record DeadLetter(
        String topic, int partition, long offset, @Nullable String key, String reason) {
    /** Where it came in, for a person: {@code topic/partition/offset}. */
    public String source() {
        return topic + "/" + partition + "/" + offset;
    }
}
