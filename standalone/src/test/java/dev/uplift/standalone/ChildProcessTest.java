/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real children: a shell that writes its pid to its log and waits. */
final class ChildProcessTest {
    private static final Duration SEEN_MAX = Duration.ofSeconds(20);
    private static final List<String> SLEEPER = List.of("sh", "-c", "echo $$; exec sleep 300");

    @TempDir
    private Path directory = Path.of("");

    private Home home = new Home(Path.of(""));

    @BeforeEach
    void makeHome() throws IOException {
        home = Home.create(directory.resolve("home"));
    }

    @Test
    void childThatDiesIsStartedAgainUntilItIsClosed() throws Exception {
        ChildProcess child = new ChildProcess("sleeper", SLEEPER, Map.of(), home);
        child.start();
        ProcessHandle second;
        try {
            ProcessHandle.of(awaitStarts(1).getFirst()).orElseThrow().destroyForcibly();
            second = ProcessHandle.of(awaitStarts(2).getLast()).orElseThrow();
            assertThat(child.exits()).isEqualTo(1);
            assertThat(Files.readString(home.pid("sleeper"))).isEqualTo(Leftover.text(second));
        } finally {
            child.close();
        }

        assertThat(second.isAlive()).isFalse();
        assertThat(home.pid("sleeper")).doesNotExist();
    }

    @Test
    void childThatIsClosedBetweenTwoStartsStaysAway() throws Exception {
        ChildProcess child = new ChildProcess("ender", List.of("sh", "-c", "echo $$"), Map.of(), home);
        child.start();
        Awaitility.await().atMost(SEEN_MAX).until(() -> child.exits() > 0);
        child.close();

        List<String> started = Files.readAllLines(home.log("ender"));
        Awaitility.await()
                .during(Duration.ofSeconds(2))
                .atMost(SEEN_MAX)
                .until(() -> Files.readAllLines(home.log("ender")).equals(started));
    }

    @Test
    void childOfASupervisorThatWasKilledIsEnded() throws Exception {
        Process left = new ProcessBuilder("sleep", "300").start();
        Files.writeString(home.pid("sleeper"), Leftover.text(left.toHandle()));

        ChildProcess.endLeftover(home, "sleeper");

        assertThat(left.waitFor(SEEN_MAX)).isTrue();
        assertThat(home.pid("sleeper")).doesNotExist();
    }

    @Test
    void processThatOnlyHasItsPidIsLeftAlone() throws Exception {
        Process other = new ProcessBuilder("sleep", "300").start();
        try {
            Files.writeString(
                    home.pid("sleeper"), other.pid() + " " + Instant.now().minusSeconds(3600));

            ChildProcess.endLeftover(home, "sleeper");

            assertThat(other.isAlive()).isTrue();
            assertThat(home.pid("sleeper")).doesNotExist();
        } finally {
            other.destroyForcibly();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "\0\0\0\0", "12", "12 2026-", "twelve 2026-03-01T10:00:00Z", "99999999999999999999 unknown"})
    void pidFileThatAPowerCutToreIsNoHindrance(String text) throws Exception {
        Files.writeString(home.pid("sleeper"), text);

        ChildProcess.endLeftover(home, "sleeper");

        assertThat(home.pid("sleeper")).doesNotExist();
    }

    @Test
    void longLogIsPutAsideAtTheNextStart() throws Exception {
        try (RandomAccessFile log = new RandomAccessFile(home.log("sleeper").toFile(), "rw")) {
            log.setLength(20_000_001);
        }
        try (ChildProcess child = new ChildProcess("sleeper", SLEEPER, Map.of(), home)) {
            child.start();
            awaitStarts(1);
        }

        assertThat(Files.size(home.log("sleeper.1"))).isEqualTo(20_000_001);
    }

    /** The pids, in the order of the starts. */
    private List<Long> awaitStarts(int count) {
        return Awaitility.await()
                .atMost(SEEN_MAX)
                .until(
                        () -> Files.exists(home.log("sleeper"))
                                ? Files.readAllLines(home.log("sleeper"))
                                : List.<String>of(),
                        started -> started.size() == count)
                .stream()
                .map(Long::parseLong)
                .toList();
    }
}
