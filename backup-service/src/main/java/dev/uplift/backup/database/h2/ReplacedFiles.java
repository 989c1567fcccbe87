/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.HostFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Files that a restore has replaced, kept beside the live one.
 *
 * @param live the database's file
 */
record ReplacedFiles(HostFiles files, Path live) {
    private static final String FAILED = ".uplift-failed-";

    /** A name that nothing has yet, for what this epoch replaces. */
    Path free(long epoch) throws IOException {
        for (int number = 1; ; number++) {
            Path name = live.resolveSibling(prefix() + epoch + (number > 1 ? "-" + number : ""));
            if (!files.exists(name)) {
                return name;
            }
        }
    }

    /** Keeps the file that was replaced last, and deletes those of earlier restores. */
    void forgetOlder(Fence.Held held) throws IOException, FencedException {
        List<String> newestFirst = files.list(live.resolveSibling(".").normalize()).stream()
                .filter(name -> number(name).isPresent())
                .sorted(Comparator.comparing((String name) -> number(name).orElseThrow())
                        .reversed())
                .toList();
        for (String older : newestFirst.stream().skip(1).toList()) {
            held.delete(live.resolveSibling(older));
        }
    }

    /** {@code EPOCH} or {@code EPOCH-NUMBER} as a number that grows with both; empty for other files. */
    private Optional<Long> number(String name) {
        if (!name.startsWith(prefix()) || !name.substring(prefix().length()).matches("\\d{1,12}(-\\d{1,4})?")) {
            return Optional.empty();
        }
        String[] parts = name.substring(prefix().length()).split("-", -1);
        return Optional.of(Long.parseLong(parts[0]) * 10_000 + (parts.length > 1 ? Long.parseLong(parts[1]) : 1));
    }

    private String prefix() {
        return live.getFileName() + FAILED;
    }
}
