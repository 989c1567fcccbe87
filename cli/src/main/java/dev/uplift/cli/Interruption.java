package dev.uplift.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/**
 * Lets Ctrl-C, SIGTERM and SIGHUP end a command in order: the thread that made this is interrupted once, while it works,
 * and the process lives until it has cleaned up and closed this.
 */
final class Interruption implements AutoCloseable {
    private static final Duration LATER_MAX = Duration.ofSeconds(1);

    private final Thread worker = Thread.currentThread();
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean working = true;
    private boolean asked;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::end));
    }

    /**
     * From now on the thread is not interrupted any more; whether it was to be before.
     *
     * @param failed whether its work has failed. A terminal sends Ctrl-C to all processes of a command at once, so that
     *     one may end, and the work fail for it, before this process has heard of it: it is waited for a moment then
     */
    synchronized boolean cleanUp(boolean failed) {
        if (failed && !asked) {
            try {
                wait(LATER_MAX.toMillis());
            } catch (InterruptedException e) {
                asked = true;
            }
        }
        working = false;
        var _ = Thread.interrupted();
        return asked;
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
            asked = true;
            worker.interrupt();
        }
    }
}
