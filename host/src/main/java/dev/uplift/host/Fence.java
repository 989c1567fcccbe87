package dev.uplift.host;

import dev.uplift.contract.StepCommand;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets only the newest command touch an application, however late an older one wakes up.
 *
 * <p>A lease ends while its holder is paused; so the number is checked here, beside the application,
 * under a lock that is held for as long as the effect takes. The highest token is in
 * {@code .uplift/fence}, fsynced; the lock is on {@code .uplift/fence.lock}, which is never replaced.
 * A process that dies gives the lock free.
 */
public final class Fence {
    private static final Duration WAIT_MAX = Duration.ofSeconds(20);
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** File locks are the process's: two threads of one process need this one too. */
    private static final ConcurrentMap<Path, Semaphore> THREADS = new ConcurrentHashMap<>();

    private final Path applicationDirectory;
    private final Duration waitMax;

    private Fence(Path applicationDirectory, Duration waitMax) {
        this.applicationDirectory = applicationDirectory;
        this.waitMax = waitMax;
    }

    /** The fence of the application in this directory. Waits up to 20 s for somebody who is behind it. */
    public static Fence of(Path applicationDirectory) {
        return new Fence(applicationDirectory, WAIT_MAX);
    }

    /** The same fence with another wait. */
    public Fence waiting(Duration atMost) {
        return new Fence(applicationDirectory, atMost);
    }

    /** {@link #hold(FenceToken)} for one run of a command. */
    public Held hold(StepCommand command, int delivery) throws IOException, FencedException {
        return hold(FenceToken.of(command, delivery));
    }

    /**
     * Goes behind the fence, where nobody else is until the answer is closed. The token is on the disk
     * when this returns. The same token may go in again.
     *
     * @throws FencedException if a greater token has been here, or the directory belongs to another installation
     * @throws FenceBusyException if somebody else was here for the whole wait
     */
    public Held hold(FenceToken token) throws IOException, FencedException {
        Held held = lock();
        try {
            Optional<FenceToken> last = read();
            if (last.isPresent()) {
                if (!last.get().installationId().equals(token.installationId())) {
                    throw new FencedException(applicationDirectory + " is registered as another installation now");
                }
                if (token.compareTo(last.get()) < 0) {
                    throw new FencedException("a newer command, of epoch "
                            + last.get().epoch() + ", has been here; this one is of epoch " + token.epoch());
                }
            }
            if (last.isEmpty() || !last.get().equals(token)) {
                write(token);
            }
            return held;
        } catch (IOException | FencedException | RuntimeException e) {
            held.close();
            throw e;
        }
    }

    /**
     * Gives the directory to an installation: commands for any other are refused from now on. Its own
     * tokens are kept, so that registering twice opens nothing.
     */
    public void claim(UUID installationId) throws IOException {
        try (Held _ = lock()) {
            Optional<FenceToken> last = read();
            if (last.isEmpty() || !last.get().installationId().equals(installationId)) {
                write(new FenceToken(installationId, 0, 0, 0, 0));
            }
        }
    }

    /** The highest token so far; empty if nobody has been here. */
    public Optional<FenceToken> last() throws IOException {
        return StateDirectory.existing(applicationDirectory).isPresent() ? read() : Optional.empty();
    }

    /** Being behind the fence. Close it when the effect is taken. */
    public static final class Held implements AutoCloseable {
        private final Semaphore threads;
        private final FileChannel channel;
        private final FileLock lock;

        private Held(Semaphore threads, FileChannel channel, FileLock lock) {
            this.threads = threads;
            this.channel = channel;
            this.lock = lock;
        }

        @Override
        public void close() throws IOException {
            if (lock.isValid()) {
                try (channel) {
                    lock.release();
                } finally {
                    threads.release();
                }
            }
        }
    }

    private Held lock() throws IOException {
        Path file = StateDirectory.open(applicationDirectory).resolve("fence.lock");
        long deadline = System.nanoTime() + waitMax.toNanos();
        Semaphore threads = THREADS.computeIfAbsent(file, _ -> new Semaphore(1));
        try {
            if (!threads.tryAcquire(waitMax.toNanos(), TimeUnit.NANOSECONDS)) {
                throw busy();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new FenceBusyException("interrupted while waiting at the fence of " + applicationDirectory);
        }
        boolean held = false;
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                    PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY));
            FileLock lock = channel.tryLock();
            while (lock == null) {
                if (System.nanoTime() - deadline > 0) {
                    throw busy();
                }
                LockSupport.parkNanos(POLL_NANOS);
                lock = channel.tryLock();
            }
            held = true;
            return new Held(threads, channel, lock);
        } finally {
            if (!held) {
                try {
                    if (channel != null) {
                        channel.close();
                    }
                } finally {
                    threads.release();
                }
            }
        }
    }

    private FenceBusyException busy() {
        return new FenceBusyException("another command has worked on " + applicationDirectory + " for more than "
                + waitMax.toSeconds() + " s");
    }

    private Path file() {
        return applicationDirectory.resolve(StateDirectory.NAME).resolve("fence");
    }

    private void write(FenceToken token) throws IOException {
        String line = token.installationId() + " " + token.epoch() + " " + token.position() + " " + token.attempt()
                + " " + token.delivery() + "\n";
        DurableFiles.write(file(), line.getBytes(StandardCharsets.US_ASCII), DurableFiles.OWNER_ONLY);
    }

    private Optional<FenceToken> read() throws IOException {
        String[] parts;
        try {
            parts = Files.readString(file(), StandardCharsets.US_ASCII).strip().split(" ", -1);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        try {
            if (parts.length == 5) {
                return Optional.of(new FenceToken(
                        UUID.fromString(parts[0]),
                        Long.parseLong(parts[1]),
                        Integer.parseInt(parts[2]),
                        Integer.parseInt(parts[3]),
                        Integer.parseInt(parts[4])));
            }
        } catch (IllegalArgumentException e) {
            throw damaged(e);
        }
        throw damaged(null);
    }

    private UnexpectedPathException damaged(@Nullable Exception cause) {
        UnexpectedPathException damaged =
                new UnexpectedPathException(file() + " is damaged; look at it before anything else");
        if (cause != null) {
            damaged.initCause(cause);
        }
        return damaged;
    }
}
