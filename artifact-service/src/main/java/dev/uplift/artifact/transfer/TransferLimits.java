/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import java.time.Duration;

/**
 * What bounds a transfer.
 *
 * @param bytesMax of one artifact
 * @param connectTimeout to reach a server
 * @param idleTimeout for an answer to begin, and between two pieces of it
 * @param bytesPerSecondMin over each {@code rateWindow}; slower ones are given up
 * @param attemptsMax how often a cut transfer is taken up again within one step
 * @param pause before the second attempt; it doubles for each further one
 */
public record TransferLimits(
        long bytesMax,
        Duration connectTimeout,
        Duration idleTimeout,
        long bytesPerSecondMin,
        Duration rateWindow,
        int attemptsMax,
        Duration pause) {
    public TransferLimits {
        if (bytesMax < 1 || bytesPerSecondMin < 0 || attemptsMax < 1) {
            throw new IllegalArgumentException(
                    "max-bytes and attempts have to be at least 1, min-bytes-per-second at least 0");
        }
        if (!connectTimeout.isPositive() || !idleTimeout.isPositive() || !rateWindow.isPositive()) {
            throw new IllegalArgumentException("connect-timeout, idle-timeout and rate-window have to be positive");
        }
        if (pause.isNegative()) {
            throw new IllegalArgumentException("the pause between attempts is negative");
        }
    }
}
