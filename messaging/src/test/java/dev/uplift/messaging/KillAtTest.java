package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KillAtTest {
    private static final int KILLED = 128 + 9;

    /** Reaches the effect, on both sides, and ends well. */
    static final class Effect {
        private Effect() {}

        public static void main(String[] arguments) {
            CrashPoints crashPoints = KillAt.configured(arguments[0], arguments[1]);
            crashPoints.before("swap.other");
            crashPoints.before("swap.link");
            crashPoints.after("swap.link");
        }
    }

    @Test
    void theProcessDiesOnceAndTheMarkerProvesIt(@TempDir Path directory) throws Exception {
        Path marker = directory.resolve("killed");
        assertThat(run("swap.link:AFTER", marker)).isEqualTo(KILLED);
        assertThat(marker).exists();
        assertThat(run("swap.link:AFTER", marker)).isZero();
    }

    @Test
    void anotherEffectDoesNotKill(@TempDir Path directory) throws Exception {
        Path marker = directory.resolve("killed");
        assertThat(run("swap.elsewhere:BEFORE", marker)).isZero();
        assertThat(marker).doesNotExist();
    }

    @Test
    void nothingIsConfiguredByDefault() {
        assertThat(KillAt.configured(null, null)).isSameAs(CrashPoints.NONE);
        assertThat(KillAt.configured(" ", null)).isSameAs(CrashPoints.NONE);
    }

    @Test
    void aCrashPointThatCannotBeUnderstoodIsRefused() {
        assertThatThrownBy(() -> KillAt.configured("swap.link", "/tmp/m")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KillAt.configured("swap.link:DURING", "/tmp/m"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> KillAt.configured("swap.link:AFTER", null))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static int run(String at, Path marker) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Effect.class.getName(),
                        at,
                        marker.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
