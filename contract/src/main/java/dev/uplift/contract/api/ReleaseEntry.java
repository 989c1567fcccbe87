/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.Artifact;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an upgrade to a version was completed with. Later upgrades to it that pin nothing get the same, unless it was
 * forgotten.
 *
 * @param artifact as it was fetched; {@code pinned} if it was in any completed upgrade
 * @param upgradeId the first upgrade that was completed with it, of {@code installation}
 * @param completedAt when that was
 * @param forgotten who took it back; absent: it counts
 */
public record ReleaseEntry(
        String profile,
        Artifact artifact,
        UUID upgradeId,
        String installation,
        Instant completedAt,
        @Nullable Forgotten forgotten) {
    /** Since then it does not count. */
    public record Forgotten(Instant at, String by, String reason) {}
}
