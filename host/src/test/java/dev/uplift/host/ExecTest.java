/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

import dev.uplift.testbed.OneCarrier;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExecTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @Test
    void argumentsArriveAsTheyAre() throws Exception {
        Exec.Result result =
                Exec.of(LONG, "printf", "%s|", "a b", "$HOME; rm -rf /", "").run();

        assertThat(result).isEqualTo(new Exec.Result(0, "a b|$HOME; rm -rf /||", ""));
    }

    @Test
    void onlyTheLastOutputIsKeptAndTheWriterIsNotBlocked() throws Exception {
        Exec.Result result = new Exec(List.of("seq", "1", "100000"), Path.of("/"), Map.of(), "", LONG, 20).run();

        assertThat(result.output()).hasSize(20).endsWith("99999\n100000\n");
    }

    @Test
    void commandThatTakesTooLongIsKilledWithItsChildren() {
        assertThatIOException()
                .isThrownBy(() -> Exec.of(Duration.ofMillis(300), "sh", "-c", "sleep 71 & sleep 71")
                        .run())
                .withMessageContaining("killed");
        assertThat(ProcessHandle.allProcesses().flatMap(process -> process.info().commandLine().stream()))
                .noneMatch(line -> line.endsWith("sleep 71"));
    }

    @Test
    void aCommandThatSaysNothingHoldsUpNoVirtualThread() throws Exception {
        assertThat(OneCarrier.run(Waiting.class)).isZero();
    }

    /** Fails if no virtual thread runs while a command does. */
    static final class Waiting {
        private Waiting() {}

        public static void main(String[] arguments) throws Exception {
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    Exec.of(LONG, "sleep", "15").run();
                } catch (IOException | InterruptedException e) {
                    Runtime.getRuntime().halt(2);
                }
            });
            await().until(() -> ProcessHandle.current().children().findAny().isPresent());
            // Nothing tells when its output is waited for.
            Thread.sleep(500);
            boolean ran = Thread.ofVirtual().start(() -> {}).join(Duration.ofSeconds(10));
            ProcessHandle.current().children().forEach(ProcessHandle::destroyForcibly);
            Runtime.getRuntime().halt(ran ? 0 : 1);
        }
    }

    @Test
    void aCommandIsKilledWhereNoThreadCanReadWhatItSays() {
        for (String input : List.of("", "x")) {
            Exec command = new Exec(List.of("sleep", "72"), null, null, input, LONG, 20);
            try (NoRoomForThreads _ = new NoRoomForThreads()) {
                assertThatExceptionOfType(OutOfMemoryError.class)
                        .isThrownBy(command::run)
                        .withMessage(NoRoomForThreads.MESSAGE);
            }
        }
        await().atMost(LONG)
                .until(() -> ProcessHandle.current()
                        .children()
                        .flatMap(process -> process.info().commandLine().stream())
                        .noneMatch(line -> line.endsWith("sleep 72")));
    }

    @Test
    void missingProgramIsAnError() {
        assertThatIOException()
                .isThrownBy(() -> Exec.of(LONG, "/no/such/program").run());
    }
}
