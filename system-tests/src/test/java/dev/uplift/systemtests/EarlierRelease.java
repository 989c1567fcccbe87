/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The product as it was before SmallRye's channels and Hibernate (ADR 33), built from the history of this checkout. */
final class EarlierRelease {
    private static final String COMMIT = "66a7ce3a67711e592b2bee6fe22ab89a93b1fe4c";
    private static final String MODULES = "orchestrator,artifact-service,backup-service,swap-service,standalone";
    private static final int BUILD_MINUTES_MAX = 30;

    private EarlierRelease() {}

    /** Where it is built; once for as long as this build is kept. */
    static Path build() throws IOException, InterruptedException {
        Path directory = Product.root().resolve("system-tests/target/earlier-" + COMMIT.substring(0, 7));
        Path built = directory.resolve("built");
        if (Files.exists(built)) {
            return directory;
        }
        if (run(Product.root(), Redirect.DISCARD, "git", "cat-file", "-e", COMMIT + "^{commit}") != 0) {
            throw new AssertionError("commit " + COMMIT + " is not in this checkout, whose history is cut;"
                    + " fetch the rest of it: git fetch --unshallow");
        }
        Files.createDirectories(directory);
        Path log = directory.resolve("build.log");
        Redirect output = Redirect.appendTo(log.toFile());
        Path sources = directory.resolve("sources.tar");
        succeeds(Product.root(), output, "git", "archive", "--output", sources.toString(), COMMIT);
        succeeds(directory, output, "tar", "-xf", sources.toString());
        succeeds(
                directory,
                output,
                "./mvnw",
                "-B",
                "-Dquick",
                "-DskipTests",
                "-Dspotless.check.skip",
                "-pl",
                MODULES,
                "-am",
                "package");
        Files.createFile(built);
        return directory;
    }

    private static void succeeds(Path directory, Redirect output, String... command)
            throws IOException, InterruptedException {
        if (run(directory, output, command) != 0) {
            throw new AssertionError(
                    "the earlier release was not built: " + List.of(command) + "; see " + output.file());
        }
    }

    private static int run(Path directory, Redirect output, String... command)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // What this build was told is not for that one.
        builder.environment().keySet().removeIf(name -> name.startsWith("MAVEN_"));
        Process process = builder.start();
        try {
            if (!process.waitFor(BUILD_MINUTES_MAX, TimeUnit.MINUTES)) {
                throw new AssertionError(List.of(command) + " takes more than " + BUILD_MINUTES_MAX + " min");
            }
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }
}
