/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A process whose virtual threads have one carrier, and get no other when that one is held. A pool of carriers that may
 * grow does so in time mostly, which hides who holds one.
 */
public final class OneCarrier {
    private OneCarrier() {}

    /** Runs a main class of the test's own class path there, and returns its exit code. */
    public static int run(Class<?> main) throws IOException, InterruptedException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djdk.virtualThreadScheduler.parallelism=1",
                        "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        main.getName())
                .inheritIO()
                .start()
                .waitFor();
    }
}
