/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the build made of a module, started as the {@code uplift} script starts it. */
final class Program {
    private Program() {}

    /** As {@link #java(Path, String, String...)}, of this build. */
    static List<String> java(String module, String... options) {
        return java(Product.root(), module, options);
    }

    /** The command up to the main class, with the module's AOT cache where there is one. */
    static List<String> java(Path distribution, String module, String... options) {
        Path target = distribution.resolve(module).resolve("target");
        List<String> command = command(target.resolve(module + ".aot"), options);
        command.addAll(List.of(
                "-cp",
                target.resolve("lib") + "/*" + File.pathSeparator
                        + jar(distribution, module, module + "-[^-]*(-SNAPSHOT)?")));
        return command;
    }

    /** The whole command of a service of this build. */
    static List<String> service(String module, String... options) {
        Path app = Product.root().resolve(module).resolve("target/quarkus-app");
        List<String> command = command(app.resolve("service.aot"), options);
        command.addAll(List.of(
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-jar",
                app.resolve("service.jar").toString()));
        return command;
    }

    private static List<String> command(Path aotCache, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
        if (Files.exists(aotCache)) {
            command.addAll(List.of("-Xlog:aot*=off", "-XX:AOTCache=" + aotCache));
        }
        command.addAll(List.of(options));
        return command;
    }

    /**
     * A JAR of a module.
     *
     * @param pattern of its name without {@code .jar}
     */
    static Path jar(Path distribution, String module, String pattern) {
        Path target = distribution.resolve(module).resolve("target");
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches(pattern + "\\.jar"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(module + " is not packaged"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
