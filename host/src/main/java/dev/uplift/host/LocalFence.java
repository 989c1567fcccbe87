package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
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
import java.util.function.LongConsumer;

/** The fence of an application on this machine. Its lock is held for as long as somebody is behind it. */
final class LocalFence implements Fence {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** File locks are the process's: two threads of one process need this one too. */
    private static final ConcurrentMap<Path, Semaphore> THREADS = new ConcurrentHashMap<>();

    private final LocalHost host;
    private final Path applicationDirectory;
    private final Duration waitMax;

    LocalFence(LocalHost host, Path applicationDirectory, Duration waitMax) {
        this.host = host;
        this.applicationDirectory = applicationDirectory;
        this.waitMax = waitMax;
    }

    @Override
    public Fence waiting(Duration atMost) {
        return new LocalFence(host, applicationDirectory, atMost);
    }

    @Override
    public Held hold(FenceToken token) throws IOException, FencedException {
        Held held = lock();
        try {
            Optional<FenceToken> last = read();
            if (last.isPresent()) {
                last.get().admit(token, applicationDirectory);
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

    @Override
    public Held claim(UUID installationId) throws IOException {
        Held held = lock();
        try {
            Optional<FenceToken> last = read();
            if (last.isEmpty() || !last.get().installationId().equals(installationId)) {
                write(FenceToken.claimed(installationId));
            }
            return held;
        } catch (IOException | RuntimeException e) {
            held.close();
            throw e;
        }
    }

    @Override
    public Optional<FenceToken> last() throws IOException {
        return StateDirectory.existing(host, applicationDirectory).isPresent() ? read() : Optional.empty();
    }

    @Override
    public Path incoming() {
        return applicationDirectory.resolve(StateDirectory.INCOMING);
    }

    @Override
    public Path bring(Content content, String sha256, long sizeBytes, LongConsumer brought) throws IOException {
        open();
        Path directory =
                RegisteredRoot.of(host.files(), applicationDirectory.toString()).file(StateDirectory.INCOMING);
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        Path file = directory.resolve(sha256);
        new Upload(content, sha256, sizeBytes, brought) {
            @Override
            Optional<Long> present() throws IOException {
                return host.files().status(file).map(FileStatus::sizeBytes);
            }

            @Override
            void append(InputStream in, long offset) throws IOException {
                try (FileChannel channel = FileChannel.open(
                        file,
                        Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                        PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY))) {
                    channel.position(offset);
                    copy(in, Channels.newOutputStream(channel), offset);
                    channel.force(true);
                }
            }

            @Override
            Digested digest() throws IOException {
                return host.files().digest(file);
            }

            @Override
            void discard() throws IOException {
                Files.deleteIfExists(file);
            }
        }.run();
        return file;
    }

    /** The state directory, made if it is missing. */
    private Path open() throws IOException {
        Path directory =
                RegisteredRoot.of(host.files(), applicationDirectory.toString()).file(StateDirectory.NAME);
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        StateDirectory.requireOwn(host, directory);
        if (!Files.getPosixFilePermissions(directory).equals(DurableFiles.OWNER_ONLY_DIRECTORY)) {
            Files.setPosixFilePermissions(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        }
        return directory;
    }

    private Held lock() throws IOException {
        Path file = open().resolve("fence.lock");
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
            return new LocalHeld(threads, channel, lock);
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
        DurableFiles.write(file(), token.line().getBytes(StandardCharsets.US_ASCII), DurableFiles.OWNER_ONLY);
    }

    private Optional<FenceToken> read() throws IOException {
        try {
            return Optional.of(FenceToken.parse(Files.readString(file(), StandardCharsets.US_ASCII), file()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
