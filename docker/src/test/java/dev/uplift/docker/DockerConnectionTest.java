/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.testbed.containers.RequiresDocker;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One engine, reached in every way: what listens in front of its socket here stands for TLS and SSH. */
@RequiresDocker
class DockerConnectionTest {
    private static final Path SOCKET = Path.of("/var/run/docker.sock");

    @TempDir
    private static Path pems;

    @BeforeAll
    static void makeCertificates() throws Exception {
        for (String ca : List.of("ca", "other-ca")) {
            openssl("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=CA -keyout CA-key.pem -out CA.pem"
                    .replace("CA", ca));
        }
        certificate("server", "ca", "IP:127.0.0.1");
        certificate("misnamed", "ca", "DNS:elsewhere.example.com");
        certificate("client", "ca", "DNS:client");
        certificate("stranger", "other-ca", "DNS:stranger");
    }

    @Test
    void theLocalSocketAnswers() throws Exception {
        try (DockerEngine engine = DockerEngine.connect(DockerEndpoint.LOCAL)) {
            engine.ping();
            assertThat(engine.version().os()).isEqualTo("linux");
            assertThat(engine.version().spoken().compareTo(engine.version().api()))
                    .isLessThanOrEqualTo(0);
            assertThat(engine.info().getId()).isNotEmpty();
        }
    }

    @Test
    void tlsWithCertificatesOnBothSidesAnswers() throws Exception {
        try (Proxy proxy = new Proxy("server");
                DockerEngine engine = DockerEngine.connect(proxy.endpoint("ca", "client"))) {
            engine.ping();
            assertThat(engine.info().getId()).isNotEmpty();
        }
    }

    @Test
    void aServerOfAnotherCaOrNameIsNotTrusted() throws Exception {
        try (Proxy proxy = new Proxy("server")) {
            assertThatThrownBy(() -> DockerEngine.connect(proxy.endpoint("other-ca", "client")))
                    .isInstanceOf(DockerUnreachableException.class)
                    .hasMessageContaining("certificate");
        }
        try (Proxy proxy = new Proxy("misnamed")) {
            assertThatThrownBy(() -> DockerEngine.connect(proxy.endpoint("ca", "client")))
                    .isInstanceOf(DockerUnreachableException.class)
                    .hasMessageContaining("certificate");
        }
    }

    @Test
    void aStrangerIsNotLetIn() throws Exception {
        try (Proxy proxy = new Proxy("server")) {
            assertThatThrownBy(() -> DockerEngine.connect(proxy.endpoint("ca", "stranger")))
                    .isInstanceOf(DockerException.class);
        }
    }

    @Test
    void aDialledEngineAnswersThroughASocketThatNobodyElseCanReach() throws Exception {
        Set<Path> before = forwarded();
        DockerEndpoint.Dial dial = () -> new Dialled(SocketChannel.open(UnixDomainSocketAddress.of(SOCKET)));
        try (DockerEngine engine =
                DockerEngine.connect(new DockerEndpoint.Dialled("the Docker Engine of a test", dial))) {
            assertThat(engine.info().getId()).isNotEmpty();
            assertThatThrownBy(() ->
                            engine.files().untar("no-such-container", "/", new ByteArrayInputStream(new byte[1 << 20])))
                    .isInstanceOf(DockerRefusedException.class);
            Set<Path> during = forwarded();
            during.removeAll(before);
            assertThat(during)
                    .isNotEmpty()
                    .allSatisfy(directory ->
                            assertThat(Files.getPosixFilePermissions(directory)).hasSize(3));
        }
        assertThat(before).containsAll(forwarded());
    }

    @Test
    void whyAnEngineCouldNotBeDialledIsSaid() {
        DockerEndpoint.Dial dial = () -> {
            throw new IOException("host-1 has no docker command");
        };
        assertThatThrownBy(() -> DockerEngine.connect(new DockerEndpoint.Dialled("the Docker Engine of host-1", dial)))
                .isInstanceOf(DockerException.class)
                .hasMessageContaining("the Docker Engine of host-1")
                .hasMessageContaining("has no docker command");
    }

    private static Set<Path> forwarded() throws IOException {
        try (Stream<Path> temporary = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return new HashSet<>(temporary
                    .filter(path -> path.getFileName().toString().startsWith("uplift-docker"))
                    .filter(path -> Files.exists(path.resolve("docker.sock")))
                    .toList());
        }
    }

    private static void certificate(String name, String ca, String alternative) throws Exception {
        Files.writeString(pems.resolve(name + ".ext"), "subjectAltName=" + alternative + "\n");
        openssl("req -newkey rsa:2048 -nodes -subj /CN=X -keyout X-key.pem -out X.csr".replace("X", name));
        openssl("x509 -req -days 2 -in X.csr -CA CA.pem -CAkey CA-key.pem -CAcreateserial -extfile X.ext -out X.pem"
                .replace("X", name)
                .replace("CA.pem", ca + ".pem")
                .replace("CA-key.pem", ca + "-key.pem"));
    }

    private static void openssl(String arguments) throws Exception {
        List<String> command = Stream.concat(Stream.of("openssl"), Arrays.stream(arguments.split(" ")))
                .toList();
        Process process = new ProcessBuilder(command)
                .directory(pems.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private record Dialled(SocketChannel channel) implements DockerEndpoint.Stream {
        @Override
        public InputStream input() {
            return Channels.newInputStream(channel);
        }

        @Override
        public OutputStream output() {
            return Channels.newOutputStream(channel);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Terminates TLS, with a client's certificate required, in front of the engine's socket. */
    private static final class Proxy implements AutoCloseable {
        private final SSLServerSocket server;

        Proxy(String name) throws IOException {
            DockerEndpoint.Tls own = new DockerEndpoint.Tls(
                    URI.create("tcp://127.0.0.1:1"),
                    pems.resolve("ca.pem"),
                    pems.resolve(name + ".pem"),
                    pems.resolve(name + "-key.pem"));
            server = (SSLServerSocket) TlsFiles.read(own)
                    .getSSLContext()
                    .getServerSocketFactory()
                    .createServerSocket(0, 10, InetAddress.getLoopbackAddress());
            server.setNeedClientAuth(true);
            Thread.ofVirtual().start(this::accept);
        }

        DockerEndpoint endpoint(String ca, String client) {
            return new DockerEndpoint.Tls(
                    URI.create("tcp://127.0.0.1:" + server.getLocalPort()),
                    pems.resolve(ca + ".pem"),
                    pems.resolve(client + ".pem"),
                    pems.resolve(client + "-key.pem"));
        }

        private void accept() {
            while (!server.isClosed()) {
                try {
                    SSLSocket socket = (SSLSocket) server.accept();
                    Thread.ofVirtual().start(() -> forward(socket));
                } catch (IOException e) {
                    return;
                }
            }
        }

        private static void forward(SSLSocket socket) {
            try (socket;
                    SocketChannel engine = SocketChannel.open(UnixDomainSocketAddress.of(SOCKET))) {
                Thread.ofVirtual().start(() -> {
                    try {
                        socket.getInputStream().transferTo(Channels.newOutputStream(engine));
                    } catch (IOException e) {
                        // The other direction ends too.
                    }
                });
                Channels.newInputStream(engine).transferTo(socket.getOutputStream());
            } catch (IOException e) {
                // The client sees it.
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
