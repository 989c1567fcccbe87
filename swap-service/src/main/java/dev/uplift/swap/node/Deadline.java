/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import java.time.Duration;

/** A moment on the monotonic clock: it does not jump when somebody sets the host's clock. */
public final class Deadline {
    private final long startNanos;
    private final long lengthNanos;

    private Deadline(long lengthNanos) {
        this.startNanos = System.nanoTime();
        this.lengthNanos = lengthNanos;
    }

    /** From now on. */
    public static Deadline in(Duration length) {
        return new Deadline(length.toNanos());
    }

    public boolean passed() {
        return System.nanoTime() - startNanos >= lengthNanos;
    }

    /** Time since this was made. */
    public Duration elapsed() {
        return Duration.ofNanos(System.nanoTime() - startNanos);
    }
}
