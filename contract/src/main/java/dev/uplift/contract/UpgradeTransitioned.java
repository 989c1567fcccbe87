package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One transition of one saga, for the log of what happened. */
public record UpgradeTransitioned(
        UUID upgradeId,
        UUID installationId,
        String installation,
        long rev,
        String event,
        UpgradeStatus.State state,
        @Nullable StepName step,
        @Nullable String detail,
        Instant at) {}
