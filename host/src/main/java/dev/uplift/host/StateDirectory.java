package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.Optional;
import java.util.Set;

/** {@code .uplift} in an application's directory: what Uplift knows of it on its host. Only the worker's user reads it. */
public final class StateDirectory {
    /** Its name. */
    public static final String NAME = ".uplift";

    private StateDirectory() {}

    /**
     * The state directory of an application, made if it is missing.
     *
     * @throws UnexpectedPathException if the application's directory or the state directory is reached
     *     through a symbolic link, or the state directory belongs to another user
     */
    public static Path open(Path applicationDirectory) throws IOException {
        Path directory = RegisteredRoot.of(applicationDirectory.toString()).file(NAME);
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        PosixFileAttributes attributes = requireOwn(directory);
        Set<?> permissions = attributes.permissions();
        if (!permissions.equals(DurableFiles.OWNER_ONLY_DIRECTORY)) {
            Files.setPosixFilePermissions(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        }
        return directory;
    }

    /**
     * The state directory of an application; empty if it has none.
     *
     * @throws UnexpectedPathException as {@link #open}: what another user has put there is not believed
     */
    public static Optional<Path> existing(Path applicationDirectory) throws IOException {
        Path directory = RegisteredRoot.of(applicationDirectory.toString()).file(NAME);
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        requireOwn(directory);
        return Optional.of(directory);
    }

    /** A directory within the state directory of an application, made if it is missing; its parent has to be there. */
    public static Path create(Path applicationDirectory, String relative) throws IOException {
        open(applicationDirectory);
        Path directory = RegisteredRoot.of(applicationDirectory.toString()).file(NAME + "/" + relative);
        DurableFiles.createDirectory(directory, DurableFiles.OWNER_ONLY_DIRECTORY);
        return directory;
    }

    private static PosixFileAttributes requireOwn(Path directory) throws IOException {
        PosixFileAttributes attributes =
                Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isDirectory() || !attributes.owner().equals(ownUser())) {
            throw new UnexpectedPathException(directory + " belongs to "
                    + attributes.owner().getName() + ", not to " + ownUser().getName());
        }
        return attributes;
    }

    private static UserPrincipal ownUser() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }
}
