package dev.uplift.testbed.containers;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Looks ten times a second: for what goes on in a container and tells nobody when it is done. */
final class Waiting {
    private static final long LOOK_MS = 100;

    private Waiting() {}

    /** @throws IllegalStateException with the problem if the condition is not met in time */
    static void until(Duration limit, BooleanSupplier condition, Supplier<String> problem) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(problem.get());
            }
            try {
                Thread.sleep(LOOK_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }
}
