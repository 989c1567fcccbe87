/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.testbed.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ctrl-C in {@code uplift demo}, whenever it comes, leaves no process and no directory, and says so in words.
 *
 * <p>One moment is run by default, all ten with {@code -Duplift.sample.every=1}.
 */
class DemoInterruptIT {
    private static final Duration REACHED_MAX = Duration.ofMinutes(4);
    private static final Duration ENDED_MAX = Duration.ofMinutes(2);
    private static final int EXIT_OF_SIGINT = 130;

    @TempDir
    private Path directory;

    /** When it is interrupted: by what it has said, and what its directory has. */
    record Moment(String name, BiPredicate<String, Path> reached) {
        static Moment said(String regex) {
            Pattern pattern = Pattern.compile(regex);
            return new Moment(regex, (output, _) -> pattern.matcher(output).find());
        }

        static Moment there(String file) {
            return new Moment(file, (_, home) -> Files.exists(home.resolve(file)));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Early ones take a few seconds each. */
    static Stream<Moment> moments() {
        return Stream.concat(
                Stream.of(
                        Moment.there("demo/downloads"),
                        Moment.said("starting Kafka"),
                        Moment.there("postgres"),
                        Moment.there("logs/orchestrator.log")),
                Sample.of(
                        List.of(
                                Moment.said("added demo-h2"),
                                Moment.said("sending ONE event"),
                                Moment.said("demo-\\S+: (STOP|BACKUP)"),
                                Moment.said("demo-broken: rolling back"),
                                Moment.said("demo-\\S+: START"),
                                Moment.said("starting three stand-in dashboards")),
                        6)
                        .stream());
    }

    @ParameterizedTest
    @MethodSource("moments")
    void ctrlCLeavesNothingBehind(Moment moment) throws Exception {
        Path temporary = Files.createDirectory(directory.toRealPath().resolve("tmp"));
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(List.of("setsid", "env", "--default-signal=INT"));
        command.addAll(
                Program.java("demo", "-Djava.io.tmpdir=" + temporary, "-Duplift.distribution=" + Product.root()));
        command.addAll(List.of("dev.uplift.cli.Uplift", "demo"));
        Process demo = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            Awaitility.await(moment.name())
                    .atMost(REACHED_MAX)
                    .pollInterval(Duration.ofMillis(20))
                    .failFast("it ended", () -> !demo.isAlive())
                    .until(() ->
                            home(temporary).anyMatch(home -> moment.reached().test(text(output), home)));

            // As a terminal does: to all of its process group.
            new ProcessBuilder("kill", "-INT", "--", "-" + demo.pid()).start().waitFor();

            assertThat(demo.waitFor(ENDED_MAX.toSeconds(), TimeUnit.SECONDS))
                    .as(text(output))
                    .isTrue();
            String said = text(output);
            assertThat(demo.exitValue()).as(said).isEqualTo(EXIT_OF_SIGINT);
            assertThat(said)
                    .contains("interrupted: stopping and removing everything")
                    .doesNotContain("Exception", "\tat ", "goes on");
            assertThat(processesOf(temporary)).as(said).isEmpty();
            assertThat(temporary).as(said).isEmptyDirectory();
        } finally {
            demo.destroyForcibly();
            for (long pid : processesOf(temporary)) {
                ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    private static Stream<Path> home(Path temporary) throws IOException {
        try (Stream<Path> there = Files.list(temporary)) {
            return there
                    .filter(file -> String.valueOf(file.getFileName()).startsWith("uplift-demo-"))
                    .toList()
                    .stream();
        }
    }

    /** All that were started with something below the directory, or work there. */
    private static List<Long> processesOf(Path directory) {
        return ProcessHandle.allProcesses()
                .filter(handle -> handle.pid() != ProcessHandle.current().pid())
                .map(ProcessHandle::pid)
                .filter(pid -> isOf(directory, pid))
                .toList();
    }

    private static boolean isOf(Path directory, long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        try {
            return Files.readString(proc.resolve("cmdline")).contains(directory.toString())
                    || Files.readSymbolicLink(proc.resolve("cwd")).startsWith(directory);
        } catch (IOException e) {
            return false;
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
