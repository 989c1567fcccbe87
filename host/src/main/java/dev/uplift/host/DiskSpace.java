/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Room on the disk that holds a path. */
public final class DiskSpace {
    private DiskSpace() {}

    /** Bytes that this process may still write there. */
    public static long freeBytes(Path path) throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }

    /** Whether what a program, or an exception, says means that the disk is full, read-only or broken. */
    public static boolean isDiskFault(String message) {
        return message.contains("No space left on device")
                || message.contains("Disk quota exceeded")
                || message.contains("Read-only file system")
                || message.contains("Input/output error");
    }

    /** Bytes of a file, or of all files of a directory; links are not followed, and 0 if there is nothing. */
    public static long usedBytes(Path path) throws IOException {
        if (!Files.exists(path)) {
            return 0;
        }
        try (var files = Files.walk(path)) {
            long total = 0;
            for (Path file : (Iterable<Path>) files::iterator) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    total += Files.size(file);
                }
            }
            return total;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
