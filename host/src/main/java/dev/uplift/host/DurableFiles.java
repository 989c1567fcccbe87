/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes to files that a power cut either has not begun or has finished.
 *
 * <p>Everything that returns normally is on the disk: file content is fsynced before its name
 * appears, and the directory after. A crash in the middle may leave a hidden file whose name ends in
 * {@value #TEMPORARY_SUFFIX}; the next change of the same name takes it away. A change that finds itself done
 * is fsynced all the same: whoever has made it may have been killed before that. No call follows a symbolic
 * link in the last part of a path. One thread at a time may change one name.
 */
public final class DurableFiles {
    /** How the names of unfinished files end. */
    public static final String TEMPORARY_SUFFIX = ".uplift-tmp";

    /** Only the owner reads and writes. */
    public static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    /** The owner writes, everybody reads. */
    public static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rw-r--r--");

    /** Only the owner may look into the directory. */
    public static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY = PosixFilePermissions.fromString("rwx------");

    /** Everybody may look into the directory. */
    public static final Set<PosixFilePermission> READABLE_DIRECTORY = PosixFilePermissions.fromString("rwxr-xr-x");

    private static final int BUFFER_BYTES = 1 << 17;

    private DurableFiles() {}

    /** Makes {@code file} hold exactly {@code content}, with this mode, or leaves it as it was. */
    public static void write(Path file, byte[] content, Set<PosixFilePermission> mode) throws IOException {
        Path temporary = temporary(file);
        Files.deleteIfExists(temporary);
        try (FileChannel channel = createNew(temporary, mode)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        moveInto(temporary, file);
    }

    /**
     * Copies {@code in} into the new file {@code to}, hashing on the way, and fsyncs it. A file that is
     * already there is replaced. After a failure what was written of it is gone.
     *
     * @param bytesMax more than this many bytes fail
     * @param copied is told how many bytes there are so far
     * @throws IOException also if {@code in} holds more than {@code bytesMax}
     */
    public static Digested copy(
            InputStream in, Path to, long bytesMax, Set<PosixFilePermission> mode, LongConsumer copied)
            throws IOException {
        Files.deleteIfExists(to);
        boolean complete = false;
        try (FileChannel channel = createNew(to, mode)) {
            Digested digested = transfer(in, Channels.newOutputStream(channel), bytesMax, copied);
            channel.force(true);
            complete = true;
            return digested;
        } finally {
            if (!complete) {
                Files.deleteIfExists(to);
            }
        }
    }

    /** Like {@link #copy(InputStream, Path, long, Set, LongConsumer)}, of a regular file that is no link. */
    public static Digested copy(Path from, Path to, Set<PosixFilePermission> mode, LongConsumer copied)
            throws IOException {
        try (InputStream in = Files.newInputStream(from, LinkOption.NOFOLLOW_LINKS)) {
            return copy(in, to, Long.MAX_VALUE, mode, copied);
        }
    }

    /** The hash and size of a file's content; links are followed. */
    public static Digested digest(Path file) throws IOException {
        return digest(file, bytes -> {});
    }

    /**
     * Like {@link #digest(Path)}.
     *
     * @param read is told how many bytes were read so far; may throw to give up
     */
    public static Digested digest(Path file, LongConsumer read) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return transfer(in, OutputStream.nullOutputStream(), Long.MAX_VALUE, read);
        }
    }

    /** Renames {@code from}, replacing what is at {@code to}, in one step that a power cut does not split. */
    public static void moveInto(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        forceDirectory(parent(to));
        if (!parent(from).equals(parent(to))) {
            forceDirectory(parent(from));
        }
    }

    /** Makes {@code link} a symbolic link to {@code target}, replacing in one step what has that name. */
    public static void replaceLink(Path link, Path target) throws IOException {
        if (Files.isSymbolicLink(link) && Files.readSymbolicLink(link).equals(target)) {
            forceDirectory(parent(link));
            return;
        }
        Path temporary = temporary(link);
        Files.deleteIfExists(temporary);
        Files.createSymbolicLink(temporary, target);
        moveInto(temporary, link);
    }

    /** Gives a file a second name, replacing in one step what has it. */
    public static void hardLink(Path link, Path existing) throws IOException {
        if (Files.isRegularFile(link, LinkOption.NOFOLLOW_LINKS) && Files.isSameFile(link, existing)) {
            forceDirectory(parent(link));
            return;
        }
        Path temporary = temporary(link);
        Files.deleteIfExists(temporary);
        Files.createLink(temporary, existing);
        moveInto(temporary, link);
    }

    /**
     * Makes sure that there is a directory with this mode. Its parent has to exist.
     *
     * @throws UnexpectedPathException if something else has the name, a symbolic link included
     */
    public static void createDirectory(Path directory, Set<PosixFilePermission> mode) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(mode));
        } else if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new UnexpectedPathException(directory + " is not a directory");
        }
        if (!Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS).equals(mode)) {
            setMode(directory, mode);
        }
        forceDirectory(directory);
        forceDirectory(parent(directory));
    }

    /** Sets the mode of a file or directory; fails if {@code path} is a symbolic link. */
    public static void setMode(Path path, Set<PosixFilePermission> mode) throws IOException {
        change(path, mode);
        force(path);
    }

    /** Deletes a file, a link or a whole directory, without following links. Does nothing if there is none. */
    public static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (Files.isDirectory(parent(path))) {
                forceDirectory(parent(path));
            }
            return;
        }
        Files.walkFileTree(path, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
        forceDirectory(parent(path));
    }

    /** Fsyncs the names in a directory. */
    public static void forceDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Fsyncs a file's content. */
    public static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Fsyncs a file's content and its name. */
    static void settle(Path file) throws IOException {
        force(file);
        forceDirectory(parent(file));
    }

    /** The name that {@code file} has until it is complete. */
    public static Path temporary(Path file) {
        return parent(file).resolve("." + file.getFileName() + TEMPORARY_SUFFIX);
    }

    private static Path parent(Path path) {
        Path parent = path.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException("the root directory has no name to change");
        }
        return parent;
    }

    /** By the directory: with a path alone Java's own way follows a link even if it is told not to. */
    private static void change(Path path, Set<PosixFilePermission> mode) throws IOException {
        try (DirectoryStream<Path> directory = Files.newDirectoryStream(parent(path))) {
            if (!(directory instanceof SecureDirectoryStream<Path> names)) {
                throw new IOException(parent(path) + " cannot be looked into without following links");
            }
            names.getFileAttributeView(path.getFileName(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setPermissions(mode);
        }
    }

    private static FileChannel createNew(Path file, Set<PosixFilePermission> mode) throws IOException {
        FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            if (!mode.equals(OWNER_ONLY)) {
                change(file, mode);
            }
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return channel;
    }

    private static Digested transfer(InputStream in, OutputStream out, long bytesMax, LongConsumer copied)
            throws IOException {
        MessageDigest sha256 = sha256();
        byte[] buffer = new byte[BUFFER_BYTES];
        long total = 0;
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            total += read;
            if (total > bytesMax) {
                throw new IOException("more than the " + bytesMax + " bytes that are allowed");
            }
            sha256.update(buffer, 0, read);
            out.write(buffer, 0, read);
            copied.accept(total);
        }
        return new Digested(HexFormat.of().formatHex(sha256.digest()), total);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
