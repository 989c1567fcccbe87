/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.Progress;
import dev.uplift.messaging.CrashPoints;
import java.time.Duration;

/** What a running step can do besides its work. */
public interface StepRun {
    /** Tells that the step moves. Cheap: call it as often as something changes; it is sent at most once a second. */
    void progress(Progress progress);

    /** Whether the step was told to stop: its undo or a newer epoch has come, or another process has taken it over. */
    boolean cancelled();

    /**
     * Ends a long step at a safe point.
     *
     * @throws StepCancelledException if it was told to stop
     */
    default void checkCancelled() {
        if (cancelled()) {
            throw new StepCancelledException();
        }
    }

    /**
     * Lets time pass before the next look or attempt.
     *
     * @throws StepCancelledException soon after the step was told to stop
     */
    default void pause(Duration time) throws InterruptedException {
        long slice = Duration.ofMillis(100).toNanos();
        long end = System.nanoTime() + time.toNanos();
        checkCancelled();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            // In slices: whoever tells it to stop wakes nobody.
            Thread.sleep(Duration.ofNanos(Math.min(left, slice)));
            checkCancelled();
        }
    }

    /**
     * How many times this command has been begun, from 1. With the command's epoch it orders those who
     * work on one target: a paused run that was taken over by another has the lower number.
     */
    int delivery();

    CrashPoints crashPoints();
}
