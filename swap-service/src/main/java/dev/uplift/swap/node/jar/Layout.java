/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.DurableFiles;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostFiles;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where releases lie in an application's directory.
 *
 * <pre>
 * releases/SHA256/x.jar    never changed
 * current                  -> releases/SHA256
 * x.jar                    -> current/x.jar
 * </pre>
 *
 * <p>An application that was never managed has a plain {@code x.jar}. Every other form is refused: it is
 * somebody else's.
 */
public final class Layout {
    private static final String RELEASES = "releases";
    private static final String CURRENT = "current";
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final HostFiles files;
    private final RegisteredRoot root;
    private final String jar;

    Layout(HostFiles files, RegisteredRoot root, String jar) {
        this.files = files;
        this.root = root;
        this.jar = jar;
    }

    /** What is in the JAR's place. */
    public enum Form {
        /** A file that Uplift has never switched. */
        PLAIN,
        /** Links of Uplift. */
        MANAGED
    }

    /**
     * What is in the JAR's place.
     *
     * @throws IOException if there is nothing, or something that Uplift did not make
     */
    public Form form() throws IOException {
        Path place = jar();
        if (files.isFile(place)) {
            return Form.PLAIN;
        }
        if (!files.isLink(place)) {
            throw new UnexpectedPathException(place + " is not a file");
        }
        if (!files.linkTarget(place).equals(Optional.of(Path.of(CURRENT, jar)))
                || currentSha256().isEmpty()) {
            throw new UnexpectedPathException(
                    place + " is a symbolic link that Uplift did not make; put the file itself there");
        }
        return Form.MANAGED;
    }

    /** The JAR as the application's command line names it. */
    public Path jar() throws IOException {
        return root.link(jar);
    }

    /** The release that {@code current} points to; empty if there is no such link of Uplift's form. */
    public Optional<String> currentSha256() throws IOException {
        return files.linkTarget(current())
                .filter(target -> target.getNameCount() == 2 && target.startsWith(RELEASES))
                .map(target -> target.getFileName().toString())
                .filter(name -> SHA256.matcher(name).matches());
    }

    /** The link that chooses the release. */
    public Path current() throws IOException {
        return root.link(CURRENT);
    }

    /** What {@link #current} is made to point to. */
    public Path currentTarget(String sha256) {
        return Path.of(RELEASES, sha256);
    }

    /** What the JAR's place is made to point to. */
    public Path jarTarget() {
        return Path.of(CURRENT, jar);
    }

    /** The directory of all releases. It need not exist. */
    public Path releases() throws IOException {
        return root.file(RELEASES);
    }

    /** The directory of one release. It need not exist. */
    public Path release(String sha256) throws IOException {
        if (!SHA256.matcher(sha256).matches()) {
            throw new UnexpectedPathException("a release is named by its SHA-256");
        }
        return root.file(RELEASES + "/" + sha256);
    }

    /** The JAR of one release. It need not exist. */
    public Path releaseJar(String sha256) throws IOException {
        release(sha256);
        return root.file(RELEASES + "/" + sha256 + "/" + jar);
    }

    /** Makes the directory of a release, readable by the application's user. */
    public Path createRelease(Fence.Held held, String sha256) throws IOException, FencedException {
        held.createDirectory(releases(), DurableFiles.READABLE_DIRECTORY);
        held.createDirectory(release(sha256), DurableFiles.READABLE_DIRECTORY);
        return releaseJar(sha256);
    }

    /** Whether the release is there, with this content: it is read whole. */
    public boolean holds(String sha256) throws IOException {
        Path file = releaseJar(sha256);
        return files.isFile(file) && files.digest(file).sha256().equals(sha256);
    }

    /** The same; it is read only if something about it has changed since it was read last. */
    public boolean stillHolds(String sha256) throws IOException {
        Path file = releaseJar(sha256);
        return files.isFile(file) && files.knownDigest(file).sha256().equals(sha256);
    }

    /** The hash of the JAR that a start would run; it is read only if something about it has changed since the last time. */
    public String sha256InPlace() throws IOException {
        form();
        return files.knownDigest(jar()).sha256();
    }

    /** All releases that are there, complete or not. */
    public List<String> all() throws IOException {
        return files.list(releases()).stream()
                .filter(name -> SHA256.matcher(name).matches())
                .toList();
    }
}
