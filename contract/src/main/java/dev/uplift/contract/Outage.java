/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A time in which the application did not serve, by the clock of its host.
 *
 * @param beganAt the first request that failed
 * @param endedAt the first one that succeeded again; absent: none has yet
 */
public record Outage(Instant beganAt, @Nullable Instant endedAt) {
    public Outage {
        Checks.present(beganAt, "outages.beganAt");
    }

    /** How long all of them were; those that have not ended count for nothing. */
    public static Duration sum(List<Outage> outages) {
        Duration sum = Duration.ZERO;
        for (Outage outage : outages) {
            sum = outage.endedAt == null ? sum : sum.plus(Duration.between(outage.beganAt, outage.endedAt));
        }
        return sum;
    }
}
