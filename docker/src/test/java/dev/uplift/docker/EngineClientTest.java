/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.model.Container;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class EngineClientTest {
    private static final String LIST = "[{\"Id\":\"first\"},{\"Id\":\"second\"}]";

    @Test
    void aListIsRead() throws Exception {
        assertThat(list(new AnsweringEngine(200, LIST)))
                .extracting(Container::getId)
                .containsExactly("first", "second");
    }

    /** Jackson tells it as an element that cannot be read, which is no word of the engine. */
    @Test
    void aConnectionThatBreaksInTheMiddleOfAListIsLostAndNotAnotherProgram() {
        for (int heard = 1; heard < LIST.length(); heard++) {
            InputStream body = new SequenceInputStream(
                    new ByteArrayInputStream(LIST.substring(0, heard).getBytes(StandardCharsets.UTF_8)), new Broken());
            assertThatThrownBy(() -> list(new AnsweringEngine(200, body, new AtomicBoolean())))
                    .as(LIST.substring(0, heard))
                    .isInstanceOf(DockerLostException.class)
                    .hasMessageContaining("Connection reset")
                    .hasMessageContaining("GET /containers/json");
        }
    }

    @Test
    void anAnswerThatIsNoJsonIsAnotherPrograms() {
        assertThatThrownBy(() -> list(new AnsweringEngine(200, "[{\"Id\":<html>")))
                .isExactlyInstanceOf(DockerException.class)
                .hasMessageContaining("is something else listening there?");
    }

    private static List<Container> list(AnsweringEngine engine) throws Exception {
        try (EngineClient client = new EngineClient("it", "start it", engine, () -> "")) {
            return client.ask(docker -> docker.listContainersCmd().exec());
        }
    }

    private static final class Broken extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("Connection reset");
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return read();
        }
    }
}
