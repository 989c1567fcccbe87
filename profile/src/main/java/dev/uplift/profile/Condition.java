/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import com.fasterxml.jackson.core.JsonPointer;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * How an answer over HTTP looks. All that is given must hold.
 *
 * @param status HTTP status; absent: any
 * @param pointer place in the JSON body whose value, as text, is {@code expected}; absent together with it
 * @param contains a part of the body; absent: any body
 */
public record Condition(
        OptionalInt status,
        @Nullable JsonPointer pointer,
        @Nullable String expected,
        @Nullable String contains) {

    boolean holds(int actualStatus, String body) {
        return (status.isEmpty() || status.getAsInt() == actualStatus)
                && (contains == null || body.contains(contains))
                && (pointer == null
                        || Body.textAt(body, pointer)
                                .filter(value -> value.equals(expected))
                                .isPresent());
    }
}
