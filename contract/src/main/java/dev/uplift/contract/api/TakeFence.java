package dev.uplift.contract.api;

import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /api/v1/installations/{nameOrId}/fence}, and part of a registration: the fences beside the nodes are
 * to be taken from the installation that has them.
 *
 * @param by who wants it
 * @param reason why that installation has none to have
 */
public record TakeFence(String by, String reason) {
    private static final int CHARACTERS_MAX = 500;

    public TakeFence {
        require(by, "by");
        require(reason, "reason");
    }

    private static void require(@Nullable String value, String field) {
        if (value == null || value.isBlank() || value.length() > CHARACTERS_MAX) {
            throw new IllegalArgumentException(field + " is missing, or longer than " + CHARACTERS_MAX + " characters");
        }
    }
}
