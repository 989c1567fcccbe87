package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Something that a person should see: a message nobody understands, a request that was refused, or a
 * defect.
 *
 * @param source where it came in: a topic with partition and offset, or a REST path
 * @param upgradeId the saga it is about, if any
 */
public record Incident(
        UUID id,
        Instant at,
        String source,
        String problem,
        @Nullable UUID upgradeId) {}
