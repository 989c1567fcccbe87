/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Json;
import dev.uplift.contract.WireCodec;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads and writes columns that hold JSON. What was written by this service is always readable: if not, that is a defect. */
public final class Columns {
    private Columns() {}

    /** The JSON of a value. */
    public static String json(Object value) {
        // Jackson writes bytes in less time than it writes characters.
        return new String(WireCodec.bytes(value), StandardCharsets.UTF_8);
    }

    /** The same; null for null. */
    public static @Nullable String jsonOrNull(@Nullable Object value) {
        return value == null ? null : json(value);
    }

    /** Reads JSON text that this service wrote. */
    public static <T> T parse(String text, Class<T> type) {
        try {
            return Json.mapper().readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored " + type.getSimpleName() + " cannot be read", e);
        }
    }

    /** The same; null for null. */
    public static <T> @Nullable T parseOrNull(@Nullable String text, Class<T> type) {
        return text == null ? null : parse(text, type);
    }

    /** Reads JSON text that this service wrote. */
    public static <T> T parse(String text, TypeReference<T> type) {
        try {
            return Json.mapper().readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a stored " + type.getType() + " cannot be read", e);
        }
    }
}
