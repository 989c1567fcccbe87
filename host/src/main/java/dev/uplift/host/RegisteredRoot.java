package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/**
 * A directory that paths may not leave. Every look goes to the file system again, because a link may
 * have been put in the way since the last one: ask for a path right before it is used.
 */
public final class RegisteredRoot {
    private final Path path;

    private RegisteredRoot(Path path) {
        this.path = path;
    }

    /**
     * The directory at {@code directory}.
     *
     * @throws UnexpectedPathException if it is not an absolute canonical path of a directory: if it has
     *     {@code ..}, a NUL, or a symbolic link in it
     */
    public static RegisteredRoot of(String directory) throws UnexpectedPathException {
        Path path = parse(directory);
        if (!path.isAbsolute() || !path.normalize().toString().equals(directory)) {
            throw new UnexpectedPathException(printable(directory) + " is not an absolute path in its plain form");
        }
        RegisteredRoot root = new RegisteredRoot(path);
        root.requireUnmoved();
        return root;
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
    public void requireUnmoved() throws UnexpectedPathException {
        if (!Files.isDirectory(path)) {
            throw new UnexpectedPathException(path + " is not a directory");
        }
        try {
            Path real = path.toRealPath();
            if (!real.equals(path)) {
                throw new UnexpectedPathException(
                        path + " is reached through a symbolic link; the directory is " + printable(real.toString()));
            }
        } catch (UnexpectedPathException e) {
            throw e;
        } catch (IOException e) {
            throw new UnexpectedPathException(path + " cannot be read");
        }
    }

    /**
     * A path within, none of whose parts is a symbolic link. It need not exist.
     *
     * @param relative parts separated by {@code /}
     * @throws UnexpectedPathException if it would leave the directory, or a part of it is a symbolic link
     */
    public Path file(String relative) throws UnexpectedPathException {
        Path file = link(relative);
        if (Files.isSymbolicLink(file)) {
            throw new UnexpectedPathException(file + " is a symbolic link");
        }
        return file;
    }

    /**
     * Like {@link #file}, but the last part may be a symbolic link: the answer is the link's own path.
     *
     * @throws UnexpectedPathException if it would leave the directory, or a part before the last is a link
     */
    public Path link(String relative) throws UnexpectedPathException {
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
            if (Files.exists(part, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(part, LinkOption.NOFOLLOW_LINKS)) {
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
