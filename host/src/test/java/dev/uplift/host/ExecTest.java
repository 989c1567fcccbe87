package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

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
    void missingProgramIsAnError() {
        assertThatIOException()
                .isThrownBy(() -> Exec.of(LONG, "/no/such/program").run());
    }
}
