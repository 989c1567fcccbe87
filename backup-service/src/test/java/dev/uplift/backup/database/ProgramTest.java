/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.testbed.OneCarrier;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgramTest {
    @Test
    void aProgramThatSaysNothingHoldsUpNoVirtualThread() throws Exception {
        assertThat(OneCarrier.run(Waiting.class)).isZero();
    }

    /** Fails if no virtual thread runs while a program waits, as a process does that proves copies of H2 files. */
    static final class Waiting {
        private Waiting() {}

        public static void main(String[] arguments) throws Exception {
            try (Program.Running _ =
                    new Program(List.of("cat"), Path.of("/"), Map.of(), "").start(OutputStream.nullOutputStream())) {
                // Nothing tells when its output is waited for.
                Thread.sleep(500);
                boolean ran = Thread.ofVirtual().start(() -> {}).join(Duration.ofSeconds(10));
                Runtime.getRuntime().halt(ran ? 0 : 1);
            }
        }
    }
}
