/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import org.jspecify.annotations.Nullable;

/**
 * A sign that a running step moves. Losing one does no harm.
 *
 * @param activity what is being done, for a person, such as {@code migrating the database}
 * @param done absent if it cannot be counted
 * @param total absent if it is not known; never below {@code done}
 */
public record Progress(
        String activity,
        @Nullable Unit unit,
        @Nullable Long done,
        @Nullable Long total) {
    /** What {@code done} and {@code total} count. */
    public enum Unit {
        BYTES,
        ROWS,
        PERCENT,
        SECONDS
    }

    public Progress {
        Checks.text(activity, "progress.activity");
        if (done != null) {
            Checks.atLeast(0, done, "progress.done");
        }
        if (done != null && total != null) {
            Checks.atLeast(done, total, "progress.total");
        }
    }

    /** Progress that cannot be counted. */
    public static Progress of(String activity) {
        return new Progress(activity, null, null, null);
    }

    /** {@code done} of {@code total} in {@code unit}. */
    public static Progress of(String activity, Unit unit, long done, long total) {
        return new Progress(activity, unit, done, Math.max(done, total));
    }
}
