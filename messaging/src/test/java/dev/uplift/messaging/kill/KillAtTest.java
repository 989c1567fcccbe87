/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging.kill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.messaging.CrashPoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillAtTest {
    private static final int KILLED = 128 + 9;

    /** Reaches the effect, on both sides, and ends well. */
    static final class Effect {
        private Effect() {}

        public static void main(String[] arguments) {
            System.setProperty(KillAt.DIRECTORY, arguments[0]);
            CrashPoints points = new KillAt();
            points.before("swap.other");
            points.before("swap.link");
            points.after("swap.link");
        }
    }

    @Test
    void theProcessDiesOnceAndTheRenamedFileProvesIt(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("swap.crash"), "swap.link:AFTER:1");
        assertThat(run(directory)).isEqualTo(KILLED);
        assertThat(directory.resolve("swap.crash.fired")).exists();
        assertThat(run(directory)).isZero();
    }

    @Test
    void theOccurrenceCounts(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("swap.crash"), "swap.link:BEFORE:2");
        assertThat(run(directory)).isZero();
        assertThat(directory.resolve("swap.crash")).exists();
    }

    @Test
    void anotherEffectDoesNotKill(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("swap.crash"), "swap.elsewhere:BEFORE:1");
        assertThat(run(directory)).isZero();
        assertThat(directory.resolve("swap.crash.fired")).doesNotExist();
    }

    @Test
    void aHeldProcessGoesOnWhenItIsLetGo(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("swap.hold"), "swap.link:BEFORE:1");
        Path held = directory.resolve("swap.hold.fired");
        Process process = start(directory);
        await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(held));
        assertThat(directory.resolve("swap.effects")).doesNotExist();
        assertThat(process.isAlive()).isTrue();

        Files.delete(held);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        assertThat(directory.resolve("swap.effects")).hasContent("swap.link");
    }

    private static int run(Path directory) throws IOException, InterruptedException {
        Process process = start(directory);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static Process start(Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Effect.class.getName(),
                        directory.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }
}
