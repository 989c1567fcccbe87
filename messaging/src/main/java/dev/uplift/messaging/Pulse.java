/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether who works in turns is at work: it neither hangs in one nor fails again and again, whatever succeeds
 * in between. A broker or database that is away does not count. Written by one thread at a time, read by any. The clock
 * may be set while it runs: it only gives the texts.
 */
final class Pulse {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    // Longer than the longest pause between two tries.
    private static final Duration MENDED = Duration.ofMinutes(1);

    private final LongSupplier nanos;
    private final InstantSource clock;
    private volatile Moment turned;
    private volatile boolean resting;
    private volatile @Nullable Failing failing;
    private volatile @Nullable Waiting waiting;

    /** By {@link System#nanoTime()}, and for texts. */
    private record Moment(long nanos, Instant at) {
        Duration until(Moment later) {
            return Duration.ofNanos(later.nanos - nanos);
        }
    }

    /** For a broker or database that is away. */
    private record Waiting(Moment since, String problem) {}

    /** Failures of which each came soon after the one before. */
    private record Failing(Moment first, Moment last, String problem) {
        boolean isOver(Moment now) {
            return last.until(now).compareTo(MENDED) > 0;
        }

        boolean lasts() {
            return first.until(last).compareTo(PATIENCE) > 0;
        }
    }

    Pulse() {
        this(System::nanoTime, InstantSource.system());
    }

    Pulse(LongSupplier nanos, InstantSource clock) {
        this.nanos = nanos;
        this.clock = clock;
        this.turned = new Moment(nanos.getAsLong(), clock.instant());
    }

    /** A turn begins. */
    void turn() {
        turned = now();
        resting = false;
    }

    /** There is nothing to do until the next turn, however long that takes. */
    void rest() {
        resting = true;
        waiting = null;
    }

    /** A turn did what there was to do. */
    void worked() {
        waiting = null;
    }

    boolean isResting() {
        return resting;
    }

    /** A turn failed. */
    void failed(Throwable e) {
        Moment now = now();
        if (Faults.isPassing(e)) {
            Waiting before = waiting;
            waiting = new Waiting(before == null ? now : before.since(), OneLine.of(e));
            return;
        }
        waiting = null;
        Failing before = failing;
        Moment first = before == null || before.isOver(now) ? now : before.first();
        failing = new Failing(first, now, OneLine.of(e));
    }

    /** @param alive whether there is still somebody who would take the next turn */
    Liveness liveness(String name, boolean alive) {
        Moment last = turned;
        Failing current = failing;
        Waiting away = waiting;
        Moment now = now();
        if (current != null && current.isOver(now)) {
            current = null;
        }
        boolean up =
                alive && (resting || last.until(now).compareTo(PATIENCE) < 0) && (current == null || !current.lasts());
        return new Liveness(
                name,
                up,
                "last turn at " + last.at()
                        + (away == null
                                ? ""
                                : ", it waits since " + away.since().at() + ": " + away.problem())
                        + (current == null
                                ? ""
                                : ", it fails since " + current.first().at() + ": " + current.problem()));
    }

    private Moment now() {
        return new Moment(nanos.getAsLong(), clock.instant());
    }
}
