package dev.uplift.messaging;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether a thread that works in turns is at work: it neither hangs in one nor fails in each of them. A broker
 * or database that is away does not count. Written by that thread, read by any.
 */
final class Pulse {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private volatile Instant turnedAt = Instant.now();
    private volatile @Nullable Instant brokenSince;
    private volatile String problem = "";

    /** A turn begins. */
    void turn() {
        turnedAt = Instant.now();
    }

    /** A turn did what it was for. */
    void worked() {
        brokenSince = null;
    }

    /** A turn failed. */
    void failed(Throwable e) {
        if (!Faults.isPassing(e) && brokenSince == null) {
            problem = OneLine.of(e);
            brokenSince = Instant.now();
        }
    }

    Liveness liveness(String name, Thread thread) {
        Instant last = turnedAt;
        Instant since = brokenSince;
        Instant oldest = Instant.now().minus(PATIENCE);
        boolean up = thread.isAlive() && last.isAfter(oldest) && (since == null || since.isAfter(oldest));
        return new Liveness(
                name, up, "last turn at " + last + (since == null ? "" : ", it fails since " + since + ": " + problem));
    }
}
