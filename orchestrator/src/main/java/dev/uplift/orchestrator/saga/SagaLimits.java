/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import java.time.Duration;

/**
 * What bounds a saga. How long a step itself may work is the worker's affair (see {@code StepLimits}).
 *
 * @param doAttemptsMax how often a step is tried before the saga turns back; from 1
 * @param undoAttemptsMax how often taking a step back is tried before the saga is parked; from 1
 * @param commitAttemptsMax how often COMMIT is tried before the saga is parked; from 1
 * @param pickUpWithin how long a command may go without any sign that a worker works on it; a worker
 *     that is down or busy with many other installations has as long
 * @param silenceMax how long a worker that gave a sign of life may then be silent. Workers give one
 *     every few seconds; this must bridge the restart of a worker
 * @param backOffFirst pause before the second attempt; doubled before each further one
 * @param backOffMax the longest pause
 * @param transitionsMax a saga that made more transitions, since it began or since an operator's last
 *     request, goes round in circles and is parked
 */
public record SagaLimits(
        int doAttemptsMax,
        int undoAttemptsMax,
        int commitAttemptsMax,
        Duration pickUpWithin,
        Duration silenceMax,
        Duration backOffFirst,
        Duration backOffMax,
        int transitionsMax) {
    /** What holds when nobody says otherwise. */
    public static final SagaLimits DEFAULT = new SagaLimits(
            3,
            5,
            10,
            Duration.ofMinutes(15),
            Duration.ofSeconds(60),
            Duration.ofSeconds(1),
            Duration.ofSeconds(30),
            1_000);

    public SagaLimits {
        atLeastOne(doAttemptsMax, "doAttemptsMax");
        atLeastOne(undoAttemptsMax, "undoAttemptsMax");
        atLeastOne(commitAttemptsMax, "commitAttemptsMax");
        atLeastOne(transitionsMax, "transitionsMax");
        positive(pickUpWithin, "pickUpWithin");
        positive(silenceMax, "silenceMax");
        positive(backOffFirst, "backOffFirst");
        positive(backOffMax, "backOffMax");
    }

    /** The pause before the attempt that follows {@code tries} failed ones. */
    Duration backOffAfter(int tries) {
        Duration pause = backOffFirst;
        for (int doublings = 1; doublings < tries && pause.compareTo(backOffMax) < 0; doublings++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(backOffMax) < 0 ? pause : backOffMax;
    }

    private static void atLeastOne(int value, String field) {
        if (value < 1) {
            throw new IllegalArgumentException(field + " is " + value + ", at least 1 is needed");
        }
    }

    private static void positive(Duration value, String field) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(field + " is not positive");
        }
    }
}
