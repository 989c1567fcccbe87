/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** {@code .uplift} in an application's directory: what Uplift knows of it on its host. Only the worker's user reads it. */
public final class StateDirectory {
    /** Its name. */
    public static final String NAME = ".uplift";

    /** The directory within the application's that holds files until they are put in their place. */
    static final String INCOMING = NAME + "/incoming";

    private StateDirectory() {}

    /**
     * The state directory of an application; empty if it has none, or no directory.
     *
     * @throws UnexpectedPathException if the application's directory or the state directory is reached
     *     through a symbolic link, or belongs to another user: what that one has put there is not believed
     */
    public static Optional<Path> existing(Host host, Path applicationDirectory) throws IOException {
        Optional<RegisteredRoot> root = RegisteredRoot.find(host.files(), applicationDirectory.toString());
        if (root.isEmpty()) {
            return Optional.empty();
        }
        Path directory = root.get().file(NAME);
        if (!host.files().exists(directory)) {
            return Optional.empty();
        }
        requireOwn(host, directory);
        return Optional.of(directory);
    }

    /** The state directory is one, and belongs to the user as whom everything is done on the host. */
    static void requireOwn(Host host, Path directory) throws IOException {
        FileStatus status =
                host.files().status(directory).orElseThrow(() -> new UnexpectedPathException(directory + " is gone"));
        if (status.kind() != FileStatus.Kind.DIRECTORY || status.uid() != host.uid()) {
            throw new UnexpectedPathException(
                    directory + " belongs to user " + status.uid() + ", not to user " + host.uid());
        }
    }
}
