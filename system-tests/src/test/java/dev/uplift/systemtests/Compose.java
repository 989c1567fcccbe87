/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import dev.uplift.testbed.containers.Docker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Docker Compose, whichever there is, on one project.
 *
 * @param command with the options that name the project
 */
record Compose(List<String> command, Path directory) {
    private static final Duration COMMAND_MAX = Duration.ofMinutes(9);

    /** Run in that directory. */
    static Compose in(Path directory, Docker docker, String... options) {
        boolean plugin = docker.attempt(List.of("compose", "version"), "").ok();
        List<String> command = new ArrayList<>(plugin ? List.of("docker", "compose") : List.of("docker-compose"));
        command.addAll(List.of(options));
        return new Compose(List.copyOf(command), directory);
    }

    /** Returns its standard output. */
    String run(String... words) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(words));
        return execute(directory, all, Map.of());
    }

    /** Runs any command and returns its standard output; it has to end well. */
    static String execute(Path directory, List<String> command, Map<String, String> environment) {
        try {
            Path output = Files.createTempFile("uplift-compose", ".out");
            Path errors = Files.createTempFile("uplift-compose", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(command)
                        .directory(directory.toFile())
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                if (!process.waitFor(COMMAND_MAX.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("more than " + COMMAND_MAX + ": " + command);
                }
                if (process.exitValue() != 0) {
                    throw new IllegalStateException(
                            command + " ended with " + process.exitValue() + ": " + Files.readString(errors));
                }
                return Files.readString(output);
            } finally {
                Files.delete(output);
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
