/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Json;
import dev.uplift.contract.api.StandaloneStatus;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code run/standalone.json} is believed to say. */
final class StandaloneProcessTest {
    @TempDir
    private Path home = Path.of("");

    private final Terminal terminal = new Terminal();
    private final Process process = new ProcessBuilder("sleep", "60").start();

    StandaloneProcessTest() throws IOException {}

    @BeforeEach
    void makeRun() throws IOException {
        Files.createDirectories(home.resolve("run"));
    }

    @AfterEach
    void end() {
        process.destroyForcibly();
    }

    @Test
    void downEndsTheProcessThatWroteIt() throws IOException {
        tell(Instant.now().plusSeconds(1));

        assertThat(terminal.run("down", "--home", home.toString())).isZero();

        assertThat(terminal.err()).contains("uplift is down");
        assertThat(process.onExit()).succeedsWithin(Duration.ofSeconds(5));
    }

    @Test
    void processThatOnlyHasItsPidIsLeftAlone() throws IOException {
        tell(Instant.now().minusSeconds(3600));

        assertThat(terminal.run("down", "--home", home.toString())).isZero();

        assertThat(terminal.err()).contains("nothing runs with " + home);
        assertThat(process.isAlive()).isTrue();
    }

    @Test
    void downWithoutAStandaloneSaysSo() {
        assertThat(terminal.run("down", "--home", home.toString())).isZero();

        assertThat(terminal.err()).contains("nothing runs with " + home);
    }

    private void tell(Instant startedAt) throws IOException {
        Json.mapper()
                .writeValue(
                        home.resolve("run/standalone.json").toFile(),
                        new StandaloneStatus(
                                process.pid(), startedAt, URI.create("http://127.0.0.1:1"), "127.0.0.1:1", 1));
    }
}
