/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DetachedStartTest {
    private static final Host HOST = new LocalHost();

    @TempDir
    Path temporary;

    private Path directory;
    private final List<ProcessIdentity> started = new ArrayList<>();

    @BeforeEach
    void prepare() throws Exception {
        directory = temporary.toRealPath();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        SleeperJar.in(directory, "app.jar");
    }

    @AfterEach
    void endWhatWasStarted() {
        started.forEach(process -> LocalProcesses.signal(process, Signal.KILL));
    }

    @Test
    void applicationOutlivesItsStarterAndItsStartersProcessGroup() throws Exception {
        Launch launch = SleeperJar.launch(directory, List.of(), Map.of(), HOST.uid(), 0);
        try (Fence.Held held = HOST.fence(directory).claim(UUID.randomUUID(), null)) {
            LaunchFile.write(held, directory, launch);
        }
        Process starter = new ProcessBuilder(
                        "setsid",
                        SleeperJar.java(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Starter.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("starter.log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> Files.readString(directory.resolve("starter.log")).contains("started"));

        Exec.Result killed = Exec.of(Duration.ofSeconds(10), "kill", "-9", "--", "-" + starter.pid())
                .run();
        starter.waitFor();

        assertThat(killed.succeeded()).isTrue();
        RunningProcess process = HOST.processes().runningJarsIn(directory).getFirst();
        started.add(process.identity());
        await().during(Duration.ofMillis(300))
                .atMost(Duration.ofSeconds(5))
                .until(() -> HOST.processes().runs(process.identity()));
    }

    @Test
    void anApplicationThatCannotBeGivenItsEnvironmentIsNotLeftWaitingForIt() throws Exception {
        Launch launch = SleeperJar.launch(directory, List.of("-Dgiven=never"), Map.of(), HOST.uid(), 0);

        try (NoRoomForThreads _ = new NoRoomForThreads()) {
            assertThatExceptionOfType(OutOfMemoryError.class)
                    .isThrownBy(() -> DetachedStart.start(launch))
                    .withMessage(NoRoomForThreads.MESSAGE);
        }

        await().atMost(Duration.ofSeconds(20))
                .until(() -> ProcessHandle.current()
                        .children()
                        .flatMap(process -> process.info().commandLine().stream())
                        .noneMatch(line -> line.contains("-Dgiven=never")));
    }

    /** Starts what a launch file says and waits. */
    static final class Starter {
        private Starter() {}

        public static void main(String[] arguments) throws Exception {
            Launch launch = LaunchFile.read(HOST, Path.of(arguments[0])).orElseThrow();
            System.out.println("started " + DetachedStart.start(launch).orElseThrow());
            // The test kills it; if that has died, nobody does.
            Thread.sleep(Duration.ofMinutes(1));
        }
    }
}
