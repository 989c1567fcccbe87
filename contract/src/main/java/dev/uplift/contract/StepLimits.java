/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What bounds a step, in the words of Nomad's update stanza.
 *
 * @param progressDeadline how long a start may go without any sign of progress (health progress,
 *     changelog rows, log growth); it is never a fixed limit on a migration that moves
 * @param healthyDeadline how long a start may take at most, progress or not
 * @param minHealthyTime how long the new version must stay healthy before the upgrade is committed
 * @param stopGrace how long a stop may take before it is escalated, once; above 20 s for
 *     applications that free their migration lock at the end
 * @param nodeFailure what becomes of the upgrade if a node that does not migrate does not start; absent:
 *     {@link NodeFailure#ROLL_BACK}
 * @param wayBack how the data are brought back once the new version has worked on them; absent: {@link
 *     WayBack#RESTORE}
 */
public record StepLimits(
        Duration progressDeadline,
        Duration healthyDeadline,
        Duration minHealthyTime,
        Duration stopGrace,
        @Nullable NodeFailure nodeFailure,
        @Nullable WayBack wayBack) {
    /** What holds when nobody says otherwise. */
    public static final StepLimits DEFAULT =
            new StepLimits(Duration.ofMinutes(10), Duration.ofHours(6), Duration.ofSeconds(10), Duration.ofSeconds(45));

    public StepLimits {
        positive(progressDeadline, "limits.progressDeadline");
        positive(healthyDeadline, "limits.healthyDeadline");
        positive(stopGrace, "limits.stopGrace");
        if (Checks.present(minHealthyTime, "limits.minHealthyTime").isNegative()) {
            throw new IllegalArgumentException("limits.minHealthyTime is negative");
        }
    }

    /** Limits under which the failure of any node takes all of them back, to the backup. */
    public StepLimits(
            Duration progressDeadline, Duration healthyDeadline, Duration minHealthyTime, Duration stopGrace) {
        this(progressDeadline, healthyDeadline, minHealthyTime, stopGrace, null, null);
    }

    private static void positive(Duration value, String field) {
        if (Checks.present(value, field).isNegative() || value.isZero()) {
            throw new IllegalArgumentException(field + " is not positive");
        }
    }
}
