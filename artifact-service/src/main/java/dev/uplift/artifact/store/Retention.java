/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import java.time.Duration;

/**
 * How much the store keeps. What an unfinished upgrade may need is never taken away: that is whatever was
 * fetched, asked for again or served within {@code minAge}. Beyond that the least recently used goes first.
 *
 * @param bytesMax of all artifacts together; more stay only while they are too young to go; at least 0
 * @param minAge since the last use, at least an hour
 */
public record Retention(long bytesMax, Duration minAge) {
    public Retention {
        if (bytesMax < 0) {
            throw new IllegalArgumentException(
                    "uplift.artifact.retention.max-bytes is " + bytesMax + ", at least 0 is possible");
        }
        if (minAge.compareTo(Duration.ofHours(1)) < 0) {
            throw new IllegalArgumentException(
                    "uplift.artifact.retention.min-age is " + minAge + ", at least PT1H is needed");
        }
    }
}
