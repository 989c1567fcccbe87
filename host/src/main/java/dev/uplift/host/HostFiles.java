/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of a host, to be looked at. All paths are absolute. */
public interface HostFiles {

    /** What has this name, without following a link in the last part; empty: nothing has. */
    Optional<FileStatus> status(Path path) throws IOException;

    /**
     * The path without any symbolic link in it.
     *
     * @throws NoSuchFileException if it leads to nothing
     */
    Path realPath(Path path) throws IOException;

    /**
     * Which file a path leads to, links followed: the same for every name of it, hard links and bind mounts included,
     * and for every way to the machine; another one after the file was replaced, or the machine was booted. Empty: it
     * leads to nothing.
     */
    Optional<String> identity(Path path) throws IOException;

    /** What a symbolic link holds; empty if there is no symbolic link of this name. */
    Optional<Path> linkTarget(Path link) throws IOException;

    /** The names in a directory, without order; none if there is no such directory. */
    List<String> list(Path directory) throws IOException;

    /**
     * A whole file; links are followed.
     *
     * @throws NoSuchFileException if there is none
     * @throws IOException also if it has more than {@code bytesMax} bytes
     */
    byte[] read(Path file, int bytesMax) throws IOException;

    /** A file from its beginning to its end; links are followed. The receiver closes it. */
    InputStream stream(Path file) throws IOException;

    /** A file for reading here and there; links are followed. The receiver closes it. */
    SeekableByteChannel open(Path file) throws IOException;

    /** The hash and size of a file's content, found out where the file is; links are followed. */
    Digested digest(Path file) throws IOException;

    /**
     * The same, but a file that this process has read before, and about which nothing has changed since, not even a time,
     * is not read again. What a disk turns into something else by itself shows only in {@link #digest}.
     */
    Digested knownDigest(Path file) throws IOException;

    /** Bytes that may still be written on the disk that holds {@code path}. */
    long freeBytes(Path path) throws IOException;

    /** Bytes of a file, or of all files of a directory; links within are not followed, and 0 if there is nothing. */
    long usedBytes(Path path) throws IOException;

    /** The canonical path of a program, links followed; empty if there is no file, or none that may be run. */
    Optional<Path> program(Path path) throws IOException;

    /** Whether this login may change what has this name; for a directory: make and replace files in it. */
    boolean mayWrite(Path path) throws IOException;

    /** Whether anything has this name, a link that leads to nothing included. */
    default boolean exists(Path path) throws IOException {
        return status(path).isPresent();
    }

    /** Whether a regular file, and no link, has this name. */
    default boolean isFile(Path path) throws IOException {
        return is(path, FileStatus.Kind.FILE);
    }

    /** Whether a directory, and no link, has this name. */
    default boolean isDirectory(Path path) throws IOException {
        return is(path, FileStatus.Kind.DIRECTORY);
    }

    /** Whether a symbolic link has this name. */
    default boolean isLink(Path path) throws IOException {
        return is(path, FileStatus.Kind.LINK);
    }

    private boolean is(Path path, FileStatus.Kind kind) throws IOException {
        return status(path).filter(status -> status.kind() == kind).isPresent();
    }
}
