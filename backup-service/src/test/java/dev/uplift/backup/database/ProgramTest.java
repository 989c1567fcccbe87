package dev.uplift.backup.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgramTest {
    /**
     * In a process whose virtual threads have one carrier, and get no other when that one is held. A pool of carriers
     * that may grow does not always do so in time.
     */
    @Test
    void aProgramThatSaysNothingHoldsUpNoVirtualThread() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djdk.virtualThreadScheduler.parallelism=1",
                        "-Djdk.virtualThreadScheduler.maxPoolSize=1",
                        "-cp",
                        System.getProperty("surefire.real.class.path", System.getProperty("java.class.path")),
                        Waiting.class.getName())
                .inheritIO()
                .start();

        assertThat(process.waitFor()).isZero();
    }

    /** Fails if no virtual thread runs while a program waits, as a process does that proves copies of H2 files. */
    static final class Waiting {
        private Waiting() {}

        public static void main(String[] arguments) throws Exception {
            try (Program.Running _ =
                    new Program(List.of("cat"), Path.of("/"), Map.of(), "").start(OutputStream.nullOutputStream())) {
                // Until it is waited for.
                Thread.sleep(500);
                boolean ran = Thread.ofVirtual().start(() -> {}).join(Duration.ofSeconds(10));
                Runtime.getRuntime().halt(ran ? 0 : 1);
            }
        }
    }
}
