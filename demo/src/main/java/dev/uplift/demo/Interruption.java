/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.demo;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Lets Ctrl-C, SIGTERM and SIGHUP end a command in order: the thread that made this is interrupted once, while it works,
 * and the process lives until it has cleaned up and closed this.
 */
final class Interruption implements AutoCloseable {
    private static final Duration LATER_MAX = Duration.ofSeconds(1);

    private final Thread worker = Thread.currentThread();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean working = true;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::end));
    }

    /**
     * From now on the thread is not interrupted any more; whether it was to be before.
     *
     * @param failed whether its work has failed. A terminal sends Ctrl-C to all processes of a command at once, so that
     *     one may end, and the work fail for it, before this process has heard of it: it is waited for a moment then
     */
    boolean cleanUp(boolean failed) {
        if (failed) {
            try {
                var _ = asked.await(LATER_MAX.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                // By what was asked.
            }
        }
        return endWork();
    }

    private synchronized boolean endWork() {
        working = false;
        var _ = Thread.interrupted();
        return asked.getCount() == 0;
    }

    /** The process may end. */
    @Override
    public void close() {
        closed.countDown();
    }

    private void end() {
        interrupt();
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void interrupt() {
        if (working) {
            asked.countDown();
            worker.interrupt();
        }
    }
}
