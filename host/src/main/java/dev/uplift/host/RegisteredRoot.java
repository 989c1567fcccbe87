/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A directory that paths may not leave. Every look goes to the file system again, because a link may
 * have been put in the way since the last one: ask for a path right before it is used.
 */
public final class RegisteredRoot {
    private final HostFiles files;
    private final Path path;

    private RegisteredRoot(HostFiles files, Path path) {
        this.files = files;
        this.path = path;
    }

    /**
     * The directory at {@code directory} of a host.
     *
     * @throws UnexpectedPathException if it is not an absolute canonical path of a directory: if it has
     *     {@code ..}, a NUL, or a symbolic link in it
     */
    public static RegisteredRoot of(HostFiles files, String directory) throws IOException {
        return find(files, directory).orElseThrow(() -> absent(directory));
    }

    /** The same; empty if nothing is there. */
    static Optional<RegisteredRoot> find(HostFiles files, String directory) throws IOException {
        Path path = parse(directory);
        if (!path.isAbsolute() || !path.normalize().toString().equals(directory)) {
            throw new UnexpectedPathException(printable(directory) + " is not an absolute path in its plain form");
        }
        RegisteredRoot root = new RegisteredRoot(files, path);
        return root.isThere() ? Optional.of(root) : Optional.empty();
    }

    /** The directory itself. */
    public Path path() {
        return path;
    }

    /**
     * The directory is still where it was registered.
     *
     * @throws UnexpectedPathException if it is gone, no directory, or reached through a symbolic link by now
     */
    public void requireUnmoved() throws IOException {
        if (!isThere()) {
            throw absent(path.toString());
        }
    }

    private boolean isThere() throws IOException {
        try {
            Path real = files.realPath(path);
            if (!real.equals(path)) {
                throw new UnexpectedPathException(
                        path + " is reached through a symbolic link; the directory is " + printable(real.toString()));
            }
            if (!files.isDirectory(path)) {
                throw absent(path.toString());
            }
            return true;
        } catch (NoSuchFileException e) {
            return false;
        } catch (AccessDeniedException e) {
            throw new UnexpectedPathException(path + " cannot be read");
        }
    }

    private static UnexpectedPathException absent(String directory) {
        return new UnexpectedPathException(directory + " is not a directory");
    }

    /**
     * A path within, none of whose parts is a symbolic link. It need not exist.
     *
     * @param relative parts separated by {@code /}
     * @throws UnexpectedPathException if it would leave the directory, or a part of it is a symbolic link
     */
    public Path file(String relative) throws IOException {
        Path file = link(relative);
        if (files.isLink(file)) {
            throw new UnexpectedPathException(file + " is a symbolic link");
        }
        return file;
    }

    /**
     * Like {@link #file}, but the last part may be a symbolic link: the answer is the link's own path.
     *
     * @throws UnexpectedPathException if it would leave the directory, or a part before the last is a link
     */
    public Path link(String relative) throws IOException {
        requireUnmoved();
        Path parsed = parse(relative);
        if (relative.isEmpty()
                || parsed.isAbsolute()
                || !parsed.normalize().toString().equals(relative)) {
            throw new UnexpectedPathException(printable(relative) + " is not a plain path within " + path);
        }
        if (parsed.startsWith("..")) {
            throw new UnexpectedPathException(printable(relative) + " leaves " + path);
        }
        Path part = path;
        for (int i = 0; i < parsed.getNameCount() - 1; i++) {
            part = part.resolve(parsed.getName(i));
            if (files.exists(part) && !files.isDirectory(part)) {
                throw new UnexpectedPathException(part + " is not a directory");
            }
        }
        return path.resolve(parsed);
    }

    private static Path parse(String text) throws UnexpectedPathException {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw new UnexpectedPathException(printable(text) + " is not a path");
        }
    }

    private static String printable(String text) {
        return "'" + text.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
