/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The {@code docker} command against one engine. Every call is bounded. */
public final class Docker {
    private static final Duration CALL_MAX = Duration.ofMinutes(3);

    private final Optional<String> engine;

    private Docker(Optional<String> engine) {
        this.engine = engine;
    }

    /** The engine that {@code DOCKER_HOST} names, or the one of this machine. */
    public static Docker ofThisMachine() {
        return new Docker(Optional.empty());
    }

    /** The engine at an address such as {@code unix:///run/other.sock}. */
    public static Docker at(String address) {
        return new Docker(Optional.of(address));
    }

    /** Whether it is the engine that Testcontainers uses. */
    boolean isOfThisMachine() {
        return engine.isEmpty();
    }

    /** What a command wrote, standard output and standard error apart, and how it ended. */
    public record Result(int exitCode, String output, String errors) {
        public boolean ok() {
            return exitCode == 0;
        }
    }

    /**
     * Runs it and returns its standard output without the line end.
     *
     * @throws IllegalStateException with what it said, if it does not end with 0
     */
    public String run(String... arguments) {
        return run(List.of(arguments));
    }

    /** As above. */
    public String run(List<String> arguments) {
        Result result = attempt(arguments, "");
        if (!result.ok()) {
            throw new IllegalStateException("docker " + String.join(" ", arguments) + " ended with " + result.exitCode()
                    + ": " + result.errors() + result.output());
        }
        return result.output().strip();
    }

    /** Runs it with that standard input, whatever the outcome. */
    public Result attempt(List<String> arguments, String input) {
        List<String> command = new ArrayList<>(List.of("docker"));
        engine.ifPresent(address -> command.addAll(List.of("--host", address)));
        command.addAll(arguments);
        return execute(command, input);
    }

    static Result execute(List<String> command, String input) {
        try {
            Path in = Files.createTempFile("uplift-docker", ".in");
            Path out = Files.createTempFile("uplift-docker", ".out");
            Path err = Files.createTempFile("uplift-docker", ".err");
            try {
                Files.writeString(in, input);
                Process process = new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                if (!process.waitFor(CALL_MAX.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(
                            "more than " + CALL_MAX.toSeconds() + " s: " + String.join(" ", command));
                }
                return new Result(process.exitValue(), text(out.toFile()), text(err.toFile()));
            } finally {
                Files.delete(in);
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.get(0), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String text(File file) throws IOException {
        return new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8);
    }
}
