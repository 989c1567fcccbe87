/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import java.util.Map;

/**
 * An error as RFC 9457 describes it, {@code application/problem+json}.
 *
 * @param code stable; programs decide by it
 * @param detail one line for a person
 * @param more members beyond the RFC's, by name
 */
public record Problem(
        String type,
        String title,
        int status,
        String code,
        String detail,
        @JsonAnyGetter Map<String, Object> more) {
    public static final String MEDIA_TYPE = "application/problem+json";

    /** A problem without a type of its own. */
    public static Problem of(int status, String title, String code, String detail) {
        return new Problem("about:blank", title, status, code, detail, Map.of());
    }
}
