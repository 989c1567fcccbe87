/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts that cannot succeed, as real processes: each says in its last line why, and leaves nothing running. */
final class StandaloneTest {
    private static final int SECONDS_MAX = 60;

    /** Nothing gets as far as listening. */
    private static final int BASE_PORT = 18_480;

    @TempDir
    private Path directory = Path.of("");

    private Path home = Path.of("");
    private Path distribution = Path.of("");

    /** What a start said, standard error with standard output, and how it ended. */
    private record Outcome(int exit, List<String> lines) {
        String reason() {
            return lines.isEmpty() ? "" : lines.getLast();
        }
    }

    @BeforeEach
    void buildDistribution() throws IOException {
        home = directory.resolve("home");
        distribution = directory.resolve("distribution");
        for (Service service : Service.values()) {
            Path jar = service.jar(distribution);
            Files.createDirectories(Objects.requireNonNull(jar.getParent()));
            Files.createFile(jar);
        }
    }

    @Test
    void takenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();

            assertThat(refused(home, port))
                    .isEqualTo("cannot start: port " + port
                            + " for orchestrator is taken; choose others with --base-port");
        }
    }

    @Test
    void stalePidFileOfAServiceDoesNotHideThatItsPortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Files.createDirectories(home.resolve("run"));
            Files.writeString(home.resolve("run/orchestrator.pid"), "12 2026-03-01T10:00:00Z");

            assertThat(refused(home, taken.getLocalPort())).contains("for orchestrator is taken");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 65_530})
    void portsThatCannotBeAreRefused(int basePort) throws Exception {
        assertThat(refused(home, basePort))
                .isEqualTo("cannot start: the base port is " + basePort + ", 1024 to 65529 is possible");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-file", "a-file/below", "/proc/nowhere"})
    void homeThatCannotBeADirectoryIsNamed(String name) throws Exception {
        Files.createFile(directory.resolve("a-file"));

        assertThat(refused(directory.resolve(name), BASE_PORT))
                .startsWith("cannot start: ")
                .contains(directory.resolve(name).toString())
                .hasSizeGreaterThan(("cannot start: " + directory.resolve(name)).length() + 10);
    }

    @Test
    void secondStartOnOneHomeIsRefused() throws Exception {
        Files.createDirectories(home.resolve("run"));
        try (FileChannel first = FileChannel.open(
                        home.resolve("run/standalone.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock held = first.lock()) {
            assertThat(held.isValid()).isTrue();
            assertThat(refused(home, BASE_PORT))
                    .isEqualTo("cannot start: it runs already, or is being started, with " + home
                            + "; `uplift down` stops it");
        }
    }

    @Test
    void lockFileOfASupervisorThatWasKilledIsNoHindrance() throws Exception {
        Files.createDirectories(home.resolve("run"));
        Files.createFile(home.resolve("run/standalone.lock"));
        Files.delete(Service.SWAP.jar(distribution));

        assertThat(refused(home, BASE_PORT)).contains("service.jar is missing; build it with");
    }

    @Test
    void newHomeIsItsOwnersOnly() throws Exception {
        Files.delete(Service.SWAP.jar(distribution));
        refused(home, BASE_PORT);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home)))
                .isEqualTo("rwx------");
    }

    /** The reason, of a start that ended with 1 and left nothing running. */
    private String refused(Path chosenHome, int basePort) throws Exception {
        Outcome outcome = run(chosenHome, basePort);
        assertThat(outcome.exit()).as("%s", outcome).isEqualTo(1);
        assertThat(outcome.lines()).as("%s", outcome).noneMatch(line -> line.contains("\tat "));
        assertThat(chosenHome.resolve("run/kafka.pid")).doesNotExist();
        assertThat(chosenHome.resolve("postgres")).doesNotExist();
        return outcome.reason();
    }

    private Outcome run(Path chosenHome, int basePort) throws IOException, InterruptedException {
        Path said = Files.createTempFile(directory, "said", ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Standalone.class.getName(),
                        chosenHome.toString(),
                        distribution.toString(),
                        String.valueOf(basePort))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("it neither started nor failed within " + SECONDS_MAX + " s");
        }
        return new Outcome(process.exitValue(), Files.readAllLines(said));
    }
}
