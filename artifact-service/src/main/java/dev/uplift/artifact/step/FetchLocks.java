/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import dev.uplift.contract.Progress;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One fetch of one URL at a time: a fleet that gets one release fetches it once, and two never write
 * into one file. It holds between processes that share a directory too.
 *
 * <p>Who holds a lock deletes its file before giving it up. Whoever waited has then locked a file that has no name any
 * more. It finds that out by the length of what has the name, which it has made a random one: to open that would give
 * up the lock, because a process that closes a file loses all its locks on it.
 */
final class FetchLocks {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final long LENGTH_MAX = 1L << 31;

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
            try (Channel _ = lock.acquiredBy()) {
                Files.deleteIfExists(file(key));
            } finally {
                release(key);
            }
        }
    }

    /**
     * Waits until nobody else holds {@code key}.
     *
     * @throws dev.uplift.worker.StepCancelledException if the step was cancelled meanwhile
     */
    Held hold(String key, StepRun run) throws IOException, InterruptedException {
        while (!claim(key)) {
            pause(run);
        }
        boolean locked = false;
        try {
            Optional<FileLock> lock = lock(file(key));
            while (lock.isEmpty()) {
                pause(run);
                lock = lock(file(key));
            }
            locked = true;
            return new Held(key, lock.get());
        } finally {
            if (!locked) {
                release(key);
            }
        }
    }

    private Path file(String key) {
        return directory.resolve(key + ".lock");
    }

    /** Empty if somebody else has it, or had it until now. */
    private static Optional<FileLock> lock(Path path) throws IOException {
        FileChannel file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            FileLock lock = file.tryLock();
            locked = lock != null && isAt(path, file);
            return locked ? Optional.of(lock) : Optional.empty();
        } finally {
            if (!locked) {
                file.close();
            }
        }
    }

    private static boolean isAt(Path path, FileChannel locked) throws IOException {
        long length = ThreadLocalRandom.current().nextLong(1, LENGTH_MAX);
        // One byte: the file has a hole before it.
        locked.truncate(0).write(ByteBuffer.allocate(1), length - 1);
        try {
            return Files.size(path) == length;
        } catch (NoSuchFileException e) {
            return false;
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
