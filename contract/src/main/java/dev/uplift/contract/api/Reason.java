/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.PlainText;
import org.jspecify.annotations.Nullable;

/**
 * Who wants something that is kept and shown with that, and why. Body of {@code POST
 * /api/v1/installations/{nameOrId}/fence}: the fences beside its nodes are to be taken from the installation that has them;
 * and of {@code POST /api/v1/releases/{sha256}/forget}.
 *
 * @param by who asks, 1 to 200 characters
 * @param reason why, 1 to 1,000 characters
 */
public record Reason(String by, String reason) {
    private static final int BY_LENGTH_MAX = 200;
    private static final int REASON_LENGTH_MAX = 1000;

    public Reason {
        require(by, "by", BY_LENGTH_MAX);
        require(reason, "reason", REASON_LENGTH_MAX);
    }

    private static void require(@Nullable String text, String field, int lengthMax) {
        if (text == null || text.isBlank()) {
            throw new IllegalArgumentException(field + " is missing");
        }
        if (text.length() > lengthMax) {
            throw new IllegalArgumentException(
                    field + " has " + text.length() + " characters, at most " + lengthMax + " are taken");
        }
        if (!PlainText.is(text)) {
            throw new IllegalArgumentException(field + " contains a control character");
        }
    }
}
