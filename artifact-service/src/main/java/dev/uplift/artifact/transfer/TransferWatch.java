/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.transfer;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Watches one request from beside it, because a reader that waits for a byte can watch nothing: ends it
 * when it is cancelled, idle or too slow. A server that sends one byte now and then is never idle, hence
 * the least rate; one that drips headers has the idle time for all of them.
 */
final class TransferWatch implements AutoCloseable {
    private static final long LOOK_NANOS = Duration.ofMillis(50).toNanos();

    /** Why a request was ended. */
    enum Verdict {
        CANCELLED,
        IDLE,
        SLOW
    }

    private final TransferLimits limits;
    private final BooleanSupplier cancelled;
    private final Runnable end;
    private final Thread watcher;

    private volatile boolean closed;
    private volatile @Nullable Verdict verdict;
    private volatile long bytes;
    private volatile long changedAt = System.nanoTime();
    private volatile boolean inBody;

    /** Begins to watch; {@code end} makes the reader fail and may be called at any time until this is closed. */
    TransferWatch(TransferLimits limits, BooleanSupplier cancelled, Runnable end) {
        this.limits = limits;
        this.cancelled = cancelled;
        this.end = end;
        this.watcher = Thread.ofVirtual().name("transfer-watch").start(this::watch);
    }

    /** The headers have come. */
    void body() {
        changedAt = System.nanoTime();
        inBody = true;
    }

    /** So many bytes of the body have come in all. */
    void received(long total) {
        bytes = total;
        changedAt = System.nanoTime();
    }

    /** Why it ended the request; empty if it did not. */
    Optional<Verdict> verdict() {
        return Optional.ofNullable(verdict);
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(watcher);
    }

    private void watch() {
        long windowAt = 0;
        long windowBytes = 0;
        while (!closed) {
            LockSupport.parkNanos(LOOK_NANOS);
            long now = System.nanoTime();
            long seen = bytes;
            if (!inBody || windowAt == 0) {
                windowAt = now;
                windowBytes = seen;
            }
            Verdict found = null;
            if (cancelled.getAsBoolean()) {
                found = Verdict.CANCELLED;
            } else if (now - changedAt > limits.idleTimeout().toNanos()) {
                found = Verdict.IDLE;
            } else if (now - windowAt > limits.rateWindow().toNanos()) {
                double seconds = (now - windowAt) / 1e9;
                if (seen - windowBytes < limits.bytesPerSecondMin() * seconds) {
                    found = Verdict.SLOW;
                }
                windowAt = now;
                windowBytes = seen;
            }
            if (found != null && !closed) {
                verdict = found;
                end.run();
                return;
            }
        }
    }
}
