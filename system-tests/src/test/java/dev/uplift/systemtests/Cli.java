/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The {@code uplift} command as a process of its own, with its output piped. */
record Cli(URI server) {
    private static final int SECONDS_MAX = 300;

    static Cli of(Product product) {
        return new Cli(product.status().api());
    }

    /** What a finished command has said. */
    record Outcome(int exit, String out, String err) {
        /** Neither output shows a stack trace or the name of a class. */
        boolean plain() {
            return !(out + err).contains("\tat ") && !(out + err).matches("(?s).*(Exception|dev\\.uplift\\.).*");
        }
    }

    Outcome run(String... arguments) {
        List<String> command =
                Program.java("cli", "--enable-native-access=ALL-UNNAMED", "-Duplift.distribution=" + Product.root());
        command.add("dev.uplift.cli.Uplift");
        command.addAll(List.of(arguments));
        try {
            Path out = Files.createTempFile("uplift-cli", ".out");
            Path err = Files.createTempFile("uplift-cli", ".err");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("UPLIFT_SERVER", server.toString());
            Process process = builder.start();
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        "uplift " + List.of(arguments) + " takes more than " + SECONDS_MAX + " s");
            }
            Outcome outcome = new Outcome(
                    process.exitValue(),
                    Files.readString(out, StandardCharsets.UTF_8),
                    Files.readString(err, StandardCharsets.UTF_8));
            Files.delete(out);
            Files.delete(err);
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
