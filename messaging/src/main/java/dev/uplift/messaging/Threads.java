/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Duration;

/** The end of threads that may hang in a Kafka or database that is away. */
final class Threads {
    private static final Duration GIVE_UP = Duration.ofSeconds(1);

    private Threads() {}

    /**
     * Waits for a thread that was told to end. If it takes longer than {@code drain}, an interrupt
     * shall free it, and after one more second it is left to end with the process. A thread
     * that was never started has ended.
     */
    static void end(Thread thread, Duration drain) {
        try {
            if (thread.isAlive() && !thread.join(drain)) {
                thread.interrupt();
                boolean _ = thread.join(GIVE_UP);
            }
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
