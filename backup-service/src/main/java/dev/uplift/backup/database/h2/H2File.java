package dev.uplift.backup.database.h2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.uplift.backup.step.StepFailedException;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.LocalHost;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The file of an H2 database, as the installation has it registered. */
final class H2File {
    static final String SUFFIX = ".mv.db";
    private static final int HEADER_BYTES = 4096;

    /** Something that is done with the file while no application can open it. */
    @FunctionalInterface
    interface Locked<T> {
        /** @param channel the file. No other channel to it may be opened meanwhile: closing it would free the lock */
        T use(FileChannel channel) throws Exception;
    }

    private final Path path;

    private H2File(Path path) {
        this.path = path;
    }

    /**
     * Opens nothing yet.
     *
     * @throws UnexpectedPathException if this is not the plain path of a database's file, or leads through a link
     */
    static H2File at(String registered) throws IOException {
        Path path = Path.of(registered);
        Path directory = path.getParent();
        if (!path.isAbsolute()
                || directory == null
                || !path.normalize().toString().equals(registered)
                || !registered.endsWith(SUFFIX)) {
            throw new UnexpectedPathException(
                    "'" + registered + "' is not an absolute path of an H2 file, which ends in " + SUFFIX);
        }
        if (!Files.isDirectory(directory) || !directory.toRealPath().equals(directory)) {
            throw new UnexpectedPathException(directory + " is no directory, or is reached through a symbolic link");
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new UnexpectedPathException(path + " is not a regular file");
        }
        return new H2File(path);
    }

    Path path() {
        return path;
    }

    Path directory() {
        return path.resolveSibling(".").normalize();
    }

    boolean exists() {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether a file begins as H2 writes it. */
    static boolean hasHeader(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            String header = new String(in.readNBytes(HEADER_BYTES), ISO_8859_1);
            return header.startsWith("H:2") && header.contains("format:");
        }
    }

    /**
     * Uses the file under the lock that H2 itself takes.
     *
     * @throws StepFailedException STILL_RUNNING if somebody has it open
     */
    <T> T locked(Locked<T> use) throws Exception {
        requireNotOpen();
        try (FileChannel channel = FileChannel.open(
                        path, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
                FileLock lock = tryLock(channel)) {
            if (lock == null) {
                throw stillRunning("another process");
            }
            return use.use(channel);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private void requireNotOpen() throws IOException {
        List<RunningProcess> holders = new LocalHost()
                .processes().holding(path).stream()
                        .filter(process ->
                                process.pid() != ProcessHandle.current().pid())
                        .toList();
        if (!holders.isEmpty()) {
            throw stillRunning("process " + holders.getFirst().pid());
        }
    }

    private StepFailedException stillRunning(String who) {
        return StepFailedException.failed(ErrorCode.STILL_RUNNING, path + " is open in " + who + ": stop it first");
    }
}
