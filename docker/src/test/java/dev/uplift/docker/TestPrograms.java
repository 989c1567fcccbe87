/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Programs of this machine. */
final class TestPrograms {
    private TestPrograms() {}

    /** Where a program is. */
    static Path find(String name) {
        return List.of("/usr/bin/", "/bin/", "/usr/sbin/").stream()
                .map(directory -> Path.of(directory + name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        name + " is missing; scripts/test installs it, or set UPLIFT_WITHOUT_CONTAINERS=1"));
    }
}
