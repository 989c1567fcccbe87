/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.http;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Lets a number of requests work at a time and others wait in line. Thread-safe. */
final class Places {
    private final int placesMax;
    private final int waitingMax;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int taken;

    Places(int placesMax, int waitingMax) {
        this.placesMax = placesMax;
        this.waitingMax = waitingMax;
    }

    /**
     * Runs {@code work} at once, or when a place becomes free, on the thread that frees it; {@link #leave} is to be called
     * once for it.
     *
     * @return false: too many wait already, and it will not run
     */
    boolean enter(Runnable work) {
        synchronized (this) {
            if (taken == placesMax) {
                return waiting.size() < waitingMax && waiting.add(work);
            }
            taken++;
        }
        work.run();
        return true;
    }

    /** Frees a place. */
    void leave() {
        Runnable next = next();
        if (next != null) {
            next.run();
        }
    }

    private synchronized @Nullable Runnable next() {
        Runnable next = waiting.poll();
        if (next == null) {
            taken--;
        }
        return next;
    }
}
