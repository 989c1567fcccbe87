/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Asks again and again, ten times a second. For what takes seconds and ends in one answer; {@link Follower} follows
 * upgrades by the live feed, which would have to be connected, kept and fallen back from here too.
 */
public final class Poll {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private Poll() {}

    /** The first answer that is good, or the last one once the time is over. Asks at least once. */
    public static <T> T until(Duration limit, Supplier<T> question, Predicate<T> good) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        T answer = question.get();
        while (!good.test(answer) && System.nanoTime() < end) {
            // What is asked tells nobody when its answer changes.
            Thread.sleep(PAUSE);
            answer = question.get();
        }
        return answer;
    }
}
