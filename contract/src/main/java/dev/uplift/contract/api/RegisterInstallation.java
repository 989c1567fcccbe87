package dev.uplift.contract.api;

import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /api/v1/installations}. Either {@code pid} or {@code directory} is needed.
 *
 * @param name absent: the directory's last name
 * @param profile absent: the one profile that recognises it
 * @param site absent: {@code default}
 */
public record RegisterInstallation(
        @Nullable String name,
        @Nullable String profile,
        @Nullable String site,
        @Nullable Long pid,
        @Nullable String directory) {}
