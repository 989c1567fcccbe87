/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Growing pauses between attempts, that end at once when the work is to stop. For one thread. */
final class Backoff {
    private static final Duration FIRST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofSeconds(3);

    private final CountDownLatch stopping;
    private Duration next = FIRST;

    Backoff(CountDownLatch stopping) {
        this.stopping = stopping;
    }

    /** Waits twice as long as the last time, up to the longest pause. */
    void pause() {
        try {
            if (stopping.await(next.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    }

    /** It worked: the next pause is a short one. */
    void reset() {
        next = FIRST;
    }
}
