package dev.uplift.messaging;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Whether a thread that works in turns is at work: it neither hangs in one nor fails again and again, whatever succeeds
 * in between. A broker or database that is away does not count. Written by that thread, read by any.
 */
final class Pulse {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    // Longer than the longest pause between two tries.
    private static final Duration MENDED = Duration.ofMinutes(1);

    private final InstantSource clock;
    private volatile Instant turnedAt;
    private volatile @Nullable Failing failing;

    /** Failures of which each came soon after the one before. */
    private record Failing(Instant first, Instant last, String problem) {
        boolean isOver(Instant now) {
            return last.isBefore(now.minus(MENDED));
        }

        boolean lasts() {
            return last.isAfter(first.plus(PATIENCE));
        }
    }

    Pulse(InstantSource clock) {
        this.clock = clock;
        this.turnedAt = clock.instant();
    }

    /** A turn begins. */
    void turn() {
        turnedAt = clock.instant();
    }

    /** A turn failed. */
    void failed(Throwable e) {
        if (Faults.isPassing(e)) {
            return;
        }
        Instant now = clock.instant();
        Failing before = failing;
        Instant first = before == null || before.isOver(now) ? now : before.first();
        failing = new Failing(first, now, OneLine.of(e));
    }

    Liveness liveness(String name, Thread thread) {
        Instant now = clock.instant();
        Instant turned = turnedAt;
        Failing current = failing;
        if (current != null && current.isOver(now)) {
            current = null;
        }
        boolean up = thread.isAlive() && turned.isAfter(now.minus(PATIENCE)) && (current == null || !current.lasts());
        return new Liveness(
                name,
                up,
                "last turn at " + turned
                        + (current == null ? "" : ", it fails since " + current.first() + ": " + current.problem()));
    }
}
