/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The classes of a program as its JVM had loaded and linked them in a run before (JEP 483), so that it starts in about half
 * the time. {@code scripts/aot} makes it. Where it is missing, or was made of another build, the program starts as ever.
 */
record AotCache(Path file) {
    /** Environment variable: with any value, what a cache is made of is written when a program ends. */
    private static final String RECORD = "UPLIFT_AOT_RECORD";

    /** Options of the JVM that uses it, or of the one whose run is recorded. */
    List<String> options() {
        if (System.getenv(RECORD) != null) {
            return List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=" + file + "conf");
        }
        // A cache that does not fit is no error, and nothing that an operator could do something about.
        return Files.exists(file) ? List.of("-Xlog:aot*=off", "-XX:AOTCache=" + file) : List.of();
    }
}
