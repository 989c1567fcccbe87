/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A command in the queue.
 *
 * @param key one item of a key runs at a time
 * @param scope what a step does or takes back; absent: not a step
 * @param revokes takes its scope back
 * @param epoch 0 if it is no step
 * @param body JSON
 */
record WorkItem(
        UUID commandId,
        String key,
        @Nullable String scope,
        boolean revokes,
        long epoch,
        String type,
        @Nullable String traceparent,
        String body) {

    /**
     * An item that is being taken.
     *
     * @param delivery how many times it has been begun, from 1
     * @param revoked its scope is being, or was, taken back
     * @param epochMax the highest epoch seen for its key
     */
    record Begun(WorkItem item, int delivery, boolean revoked, long epochMax) {
        /** Whether it must not be run any more. */
        boolean isFenced() {
            return item.scope() != null && (revoked || item.epoch() < epochMax);
        }
    }

    /** An item that waits or runs. */
    record Pending(String key, String type, String body) {}

    /** The answer that a finished item keeps. */
    record StoredReply(UUID commandId, String key, String type, String body) {}

    /**
     * What a running item has to know.
     *
     * @param delivery the number of its latest beginning: another one than its own has taken over if it is higher
     * @param revoked a command waits that makes it pointless
     */
    record Signal(UUID commandId, int delivery, boolean revoked) {}
}
