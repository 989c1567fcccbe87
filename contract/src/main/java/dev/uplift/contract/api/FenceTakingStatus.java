/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.FenceTaken;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What has become of a wish to take fences.
 *
 * @param taken absent: not yet, or it was refused
 * @param problem why it was refused; absent: it was not
 */
public record FenceTakingStatus(
        UUID id,
        UUID installationId,
        String installation,
        String by,
        String reason,
        Instant askedAt,
        @Nullable FenceTaken taken,
        @Nullable String problem) {}
