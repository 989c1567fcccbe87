/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import java.time.Duration;

/**
 * How long backups are kept, per installation. The newest is never deleted, nor is one that a saga at
 * work names.
 *
 * @param count how many of the newest are kept, at least 1
 * @param minAge none younger than this is deleted, however many there are; at least an hour, so that a
 *     backup outlives its own saga
 */
public record Retention(int count, Duration minAge) {
    public Retention {
        if (count < 1) {
            throw new IllegalArgumentException("uplift.backup.retention.count is " + count + ", at least 1 is needed");
        }
        if (minAge.compareTo(Duration.ofHours(1)) < 0) {
            throw new IllegalArgumentException(
                    "uplift.backup.retention.min-age is " + minAge + ", at least PT1H is needed");
        }
    }
}
