/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.Version;
import com.github.dockerjava.httpclient5.ApacheDockerHttpClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What listens where an engine is expected, and what does not. */
class DockerEngineTest {
    private static final String VERSION = """
            {"Version": "%s", "ApiVersion": "%s", "MinAPIVersion": "1.12", "Os": "%s", "Arch": "amd64",
             "Components": [{"Name": "%s", "Version": "4.3.1"}]}""";

    @TempDir
    private Path directory;

    @Test
    void noSocketSaysWhatToStart() {
        assertThatThrownBy(() -> DockerEngine.connect(new DockerEndpoint.Unix(directory.resolve("docker.sock"))))
                .isInstanceOf(DockerUnreachableException.class)
                .hasMessageContaining("docker.sock")
                .hasMessageContaining("systemctl start docker");
    }

    @Test
    void podmanIsRefusedByName() throws Exception {
        assertThatThrownBy(() -> connectTo(VERSION.formatted("4.3.1", "1.41", "linux", "Podman Engine")))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("is Podman 4.3.1")
                .hasMessageContaining("systemd unit");
    }

    @Test
    void anEngineThatIsTooOldOrRunsWindowsIsRefused() throws Exception {
        assertThatThrownBy(() -> connectTo(VERSION.formatted("19.03.15", "1.40", "linux", "Engine")))
                .hasMessageContaining("19.03.15")
                .hasMessageContaining("1.41");
        assertThatThrownBy(() -> connectTo(VERSION.formatted("25.0.0", "1.44", "windows", "Engine")))
                .hasMessageContaining("windows");
        assertThatThrownBy(() -> connectTo("{\"hello\": 1}")).hasMessageContaining("is it something else?");
        assertThatThrownBy(() -> connectTo("<html>")).hasMessageContaining("is something else listening there?");
    }

    @Test
    void aNewerEngineIsAskedToSpeakAKnownVersion() throws Exception {
        EngineVersion version = EngineVersion.read(
                "it",
                new ObjectMapper().readValue(VERSION.formatted("99.0.0", "1.99", "linux", "Engine"), Version.class));
        assertThat(version.spoken()).hasToString("1.51");
    }

    @Test
    void anEngineThatGoesAwayInMidAnswerLeavesTheOutcomeUnknown() throws Exception {
        assertThatThrownBy(() -> answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"))
                .isInstanceOf(DockerLostException.class)
                .hasMessageContaining("GET /version");
        assertThatThrownBy(() -> answering("")).isInstanceOf(DockerLostException.class);
    }

    @Test
    void anEngineThatSaysNothingIsGivenUp() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            EngineClient client = new EngineClient(
                    "the engine",
                    "",
                    new ApacheDockerHttpClient.Builder()
                            .dockerHost(URI.create("tcp://127.0.0.1:" + server.getLocalPort()))
                            .build(),
                    () -> "");
            assertThatThrownBy(() -> client.ask(
                            Duration.ofMillis(300), docker -> docker.pingCmd().exec()))
                    .isInstanceOf(DockerLostException.class)
                    .hasMessageContaining("said nothing")
                    .hasMessageContaining("GET /_ping");
            client.close();
        }
    }

    @Test
    void aCommandThatIsGivenUpLeavesNoConnectionBehindWhicheverThreadWaitsForIt() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Integer> end = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try (Socket socket = server.accept()) {
                    int last = 0;
                    while (last >= 0) {
                        last = socket.getInputStream().read();
                    }
                    end.complete(last);
                } catch (IOException e) {
                    end.complete(-1);
                }
            });
            EngineClient client = new EngineClient(
                    "the engine",
                    "",
                    new ApacheDockerHttpClient.Builder()
                            .dockerHost(URI.create("tcp://127.0.0.1:" + server.getLocalPort()))
                            .build(),
                    () -> "");
            assertThatThrownBy(() -> client.ask(Duration.ofMillis(300), docker -> {
                        docker.waitContainerCmd("app")
                                .exec(new AnswerCallback<>(_ -> {}))
                                .await();
                        return true;
                    }))
                    .isInstanceOf(DockerLostException.class)
                    .hasMessageContaining("POST /containers/app/wait");
            assertThat(end.get(20, TimeUnit.SECONDS)).isNegative();
            client.close();
        }
    }

    @Test
    void keysThatOthersMayReadOrOfAnotherFormAreRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("key.pem"), "-----BEGIN RSA PRIVATE KEY-----\nxx\n");
        DockerEndpoint.Tls tls = new DockerEndpoint.Tls(URI.create("tcp://127.0.0.1:2376"), file, file, file);
        assertThatThrownBy(() -> DockerEngine.connect(tls)).hasMessageContaining("key.pem");
        assertThatThrownBy(
                        () -> DockerEngine.connect(new DockerEndpoint.Tls(URI.create("ssh://host"), file, file, file)))
                .hasMessageContaining("tcp://HOST:2376");
    }

    private void connectTo(String version) throws Exception {
        byte[] body = version.getBytes(StandardCharsets.UTF_8);
        answering("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + body.length
                + "\r\nConnection: close\r\n\r\n" + version);
    }

    /** Connects through a dial to somebody who answers this, whatever is asked. */
    private static void answering(String answer) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread thread = Thread.ofVirtual().start(() -> {
                while (!server.isClosed()) {
                    try (Socket socket = server.accept()) {
                        int count = socket.getInputStream().read(new byte[4096]);
                        assertThat(count).isPositive();
                        socket.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            DockerEndpoint.Dial dial =
                    () -> new SocketStream(new Socket(server.getInetAddress(), server.getLocalPort()));
            try (DockerEngine engine = DockerEngine.connect(new DockerEndpoint.Dialled("the test's engine", dial))) {
                engine.ping();
            } finally {
                thread.interrupt();
            }
        }
    }

    private record SocketStream(Socket socket) implements DockerEndpoint.Stream {
        @Override
        public InputStream input() throws IOException {
            return socket.getInputStream();
        }

        @Override
        public OutputStream output() throws IOException {
            return socket.getOutputStream();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
