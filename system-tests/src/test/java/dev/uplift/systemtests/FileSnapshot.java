/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.standin.StandInReleases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory tree as it is now: of each entry its mode, owner, time of change, and content or target. */
record FileSnapshot(SortedMap<String, String> entries) {
    /** A directory that is not there has no entries. */
    static FileSnapshot of(Path root) {
        SortedMap<String, String> entries = new TreeMap<>();
        if (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            try (Stream<Path> tree = Files.walk(root)) {
                for (Path entry : (Iterable<Path>) tree::iterator) {
                    entries.put(root.relativize(entry).toString(), describe(entry));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new FileSnapshot(entries);
    }

    private static String describe(Path entry) throws IOException {
        PosixFileAttributes seen = Files.readAttributes(entry, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        String content = seen.isRegularFile()
                ? seen.size() + " " + StandInReleases.sha256(entry)
                : seen.isSymbolicLink() ? "-> " + Files.readSymbolicLink(entry) : "";
        return seen.permissions() + " " + seen.owner() + " " + seen.lastModifiedTime() + " " + content;
    }
}
