package dev.uplift.messaging;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a thread that works in turns is at work: it neither hangs in one nor fails again and again, whatever succeeds
 * in between. A broker or database that is away does not count. Written by that thread, read by any. The clock may be
 * set while it runs: it only gives the texts.
 */
final class Pulse {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    // Longer than the longest pause between two tries.
    private static final Duration MENDED = Duration.ofMinutes(1);

    private final LongSupplier nanos;
    private final InstantSource clock;
    private volatile Moment turned;
    private volatile @Nullable Failing failing;

    /** By {@link System#nanoTime()}, and for texts. */
    private record Moment(long nanos, Instant at) {
        Duration until(Moment later) {
            return Duration.ofNanos(later.nanos - nanos);
        }
    }

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
    }

    /** A turn failed. */
    void failed(Throwable e) {
        if (Faults.isPassing(e)) {
            return;
        }
        Moment now = now();
        Failing before = failing;
        Moment first = before == null || before.isOver(now) ? now : before.first();
        failing = new Failing(first, now, OneLine.of(e));
    }

    Liveness liveness(String name, Thread thread) {
        Moment last = turned;
        Failing current = failing;
        Moment now = now();
        if (current != null && current.isOver(now)) {
            current = null;
        }
        boolean up =
                thread.isAlive() && last.until(now).compareTo(PATIENCE) < 0 && (current == null || !current.lasts());
        return new Liveness(
                name,
                up,
                "last turn at " + last.at()
                        + (current == null
                                ? ""
                                : ", it fails since " + current.first().at() + ": " + current.problem()));
    }

    private Moment now() {
        return new Moment(nanos.getAsLong(), clock.instant());
    }
}
