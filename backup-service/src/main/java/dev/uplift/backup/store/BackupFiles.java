/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import dev.uplift.host.Digested;
import dev.uplift.host.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/** Directories of files that only their owner can read, listed, hashed and made durable. */
public final class BackupFiles {
    private static final int CHUNK_BYTES = 1 << 17;

    private BackupFiles() {}

    /** Makes a directory with mode 0700, and those above it that are missing. */
    public static void createDirectories(Path directory) throws IOException {
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(DurableFiles.OWNER_ONLY_DIRECTORY));
    }

    /** SHA-256 of a file that is no link. */
    public static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return digest(in, bytes -> {}).sha256();
        }
    }

    /**
     * The hash and size of all that is left to be read.
     *
     * @param progress told how many bytes were read so far; may throw to give up
     */
    static Digested digest(InputStream in, LongConsumer progress) throws IOException {
        MessageDigest digest = sha256();
        byte[] chunk = new byte[CHUNK_BYTES];
        long bytes = 0;
        for (int read = in.read(chunk); read >= 0; read = in.read(chunk)) {
            digest.update(chunk, 0, read);
            bytes += read;
            progress.accept(bytes);
        }
        return new Digested(hex(digest), bytes);
    }

    /** A new SHA-256. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a digest comes to, in 64 hexadecimal digits. */
    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** All files below a directory, sorted by name; anything but files and directories is refused. */
    static List<Path> files(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (!attributes.isRegularFile()) {
                    throw new IOException(file + " is not a regular file");
                }
                files.add(file);
                return FileVisitResult.CONTINUE;
            }
        });
        files.sort(Comparator.comparing(Path::toString));
        return files;
    }

    /** Bytes of all files below a directory while others write there; 0 if there is none. */
    public static long growingBytes(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.mapToLong(
                            file -> file.toFile().isFile() ? file.toFile().length() : 0)
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    /** Takes everything below, and the directory itself, from all but their owner, and makes it durable. */
    static void settle(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Files.setPosixFilePermissions(
                        path,
                        Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                                ? DurableFiles.OWNER_ONLY_DIRECTORY
                                : DurableFiles.OWNER_ONLY);
                DurableFiles.force(path);
            }
        }
    }
}
