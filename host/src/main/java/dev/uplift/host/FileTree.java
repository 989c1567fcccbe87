/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFileAttributes;
import org.jspecify.annotations.Nullable;

/** Durable copies of whole directories, with owners, modes and times. Links within are copied as links. */
final class FileTree {
    private FileTree() {}

    /** Makes {@code to}, which must not exist, a copy of the directory {@code from}; its name appears when it is complete. */
    static void copy(Path from, Path to) throws IOException {
        Path unfinished = DurableFiles.temporary(to);
        DurableFiles.delete(unfinished);
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectory(target(directory));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) {
                    Files.copy(file, target(file), LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
                    chown(file, target(file));
                    DurableFiles.force(target(file));
                } else if (attributes.isSymbolicLink()) {
                    Files.createSymbolicLink(target(file), Files.readSymbolicLink(file));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                    throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Path copied = target(directory);
                PosixFileAttributes attributes =
                        Files.readAttributes(directory, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
                chown(directory, copied);
                Files.setLastModifiedTime(copied, attributes.lastModifiedTime());
                DurableFiles.setMode(copied, attributes.permissions());
                return FileVisitResult.CONTINUE;
            }

            private Path target(Path path) {
                return unfinished.resolve(from.relativize(path).toString());
            }
        });
        DurableFiles.moveInto(unfinished, to);
    }

    /**
     * Makes the directory {@code place} a copy of {@code kept}, which stays. Cut off in the middle,
     * {@code place} may be missing: calling it again finishes it.
     */
    static void replace(Path kept, Path place) throws IOException {
        Path fresh = place.resolveSibling("." + place.getFileName() + ".uplift-kept");
        DurableFiles.delete(fresh);
        copy(kept, fresh);
        DurableFiles.delete(place);
        DurableFiles.moveInto(fresh, place);
    }

    private static void chown(Path from, Path to) throws IOException {
        if (LocalFiles.ownUid() == 0) {
            Integer uid = (Integer) Files.getAttribute(from, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            Integer gid = (Integer) Files.getAttribute(from, "unix:gid", LinkOption.NOFOLLOW_LINKS);
            LocalFiles.chown(to, uid, gid);
        }
    }
}
