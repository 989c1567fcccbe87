package dev.uplift.artifact.step;

import dev.uplift.contract.Progress;
import dev.uplift.messaging.worker.StepRun;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * One fetch of one URL at a time: a fleet that gets one release fetches it once, and two never write
 * into one file. It holds between processes that share a directory too.
 */
final class FetchLocks {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Path directory;
    private final Set<String> held = new HashSet<>();

    FetchLocks(Path directory) {
        this.directory = directory;
    }

    /** Until it is closed nobody else holds {@code key}. */
    final class Held implements AutoCloseable {
        private final String key;
        private final FileLock lock;

        private Held(String key, FileLock lock) {
            this.key = key;
            this.lock = lock;
        }

        @Override
        public void close() throws IOException {
            try {
                lock.acquiredBy().close();
            } finally {
                release(key);
            }
        }
    }

    /**
     * Waits until nobody else holds {@code key}.
     *
     * @throws dev.uplift.messaging.worker.StepCancelledException if the step was cancelled meanwhile
     */
    Held hold(String key, StepRun run) throws IOException, InterruptedException {
        while (!claim(key)) {
            pause(run);
        }
        boolean locked = false;
        try {
            FileChannel file = FileChannel.open(
                    directory.resolve(key + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                FileLock lock = file.tryLock();
                while (lock == null) {
                    pause(run);
                    lock = file.tryLock();
                }
                locked = true;
                return new Held(key, lock);
            } finally {
                if (!locked) {
                    file.close();
                }
            }
        } finally {
            if (!locked) {
                release(key);
            }
        }
    }

    /** A lock that another process gives up wakes nobody, and waiting for it in the kernel could not be cancelled. */
    private static void pause(StepRun run) throws InterruptedException {
        run.progress(Progress.of("waiting for another fetch of the same artifact"));
        run.pause(POLL);
    }

    private synchronized boolean claim(String key) {
        return held.add(key);
    }

    private synchronized void release(String key) {
        held.remove(key);
    }
}
