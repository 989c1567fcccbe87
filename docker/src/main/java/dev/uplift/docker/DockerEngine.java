/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.api.model.Info;
import com.github.dockerjava.api.model.Version;
import com.github.dockerjava.httpclient5.ApacheDockerHttpClient;
import com.github.dockerjava.transport.DockerHttpClient;
import com.github.dockerjava.transport.SSLConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A Docker Engine that is known to be one, of an API that is new enough.
 *
 * <p>Safe for use by several threads. Nothing is kept open between two requests, so an engine that was
 * restarted is simply asked again. Whoever can use it is root on its machine.
 */
public final class DockerEngine implements AutoCloseable {
    private static final Duration CONNECT_MAX = Duration.ofSeconds(10);
    private static final Duration PING_MAX = Duration.ofSeconds(10);
    private static final int CONNECTIONS_MAX = 64;
    private static final Set<String> TLS_SCHEMES = Set.of("tcp", "https");

    final EngineClient client;
    private final EngineVersion version;
    private final @Nullable ForwardedSocket forwarded;

    private DockerEngine(EngineClient client, EngineVersion version, @Nullable ForwardedSocket forwarded) {
        this.client = client;
        this.version = version;
        this.forwarded = forwarded;
    }

    /**
     * Connects, and asks what is there.
     *
     * @throws DockerException if nothing is, or something that containers cannot be upgraded on safely
     */
    public static DockerEngine connect(DockerEndpoint endpoint) throws IOException, InterruptedException {
        return switch (endpoint) {
            case DockerEndpoint.Unix(Path socket) ->
                connect(
                        endpoint,
                        unix(socket),
                        null,
                        null,
                        "start it (systemctl start docker), or let this service's user use it (group docker, or root)");
            case DockerEndpoint.Tls tls -> {
                if (!TLS_SCHEMES.contains(String.valueOf(tls.url().getScheme()))
                        || tls.url().getHost() == null
                        || tls.url().getPort() < 0) {
                    throw new DockerException(tls.url() + " is no address of an engine: write tcp://HOST:2376");
                }
                URI url = URI.create("tcp://" + tls.url().getRawAuthority());
                yield connect(
                        endpoint,
                        url,
                        TlsFiles.read(tls),
                        null,
                        "check the address, and that dockerd listens there (-H tcp://0.0.0.0:2376 --tlsverify)");
            }
            case DockerEndpoint.Dialled(String name, DockerEndpoint.Dial dial) -> {
                ForwardedSocket forwarded = ForwardedSocket.open(name, dial);
                try {
                    yield connect(
                            endpoint, unix(forwarded.path()), null, forwarded, "check that docker runs on that host");
                } catch (IOException | InterruptedException | RuntimeException e) {
                    forwarded.close();
                    throw e;
                }
            }
        };
    }

    private static URI unix(Path socket) {
        return URI.create("unix://" + socket.toAbsolutePath().toUri().getRawPath());
    }

    private static DockerEngine connect(
            DockerEndpoint endpoint,
            URI url,
            @Nullable SSLConfig tls,
            @Nullable ForwardedSocket forwarded,
            String advice)
            throws IOException, InterruptedException {
        ApacheDockerHttpClient.Builder builder = new ApacheDockerHttpClient.Builder()
                .dockerHost(url)
                .connectionTimeout(CONNECT_MAX)
                .maxConnections(CONNECTIONS_MAX);
        if (tls != null) {
            builder.sslConfig(tls);
        }
        DockerHttpClient transport = builder.build();
        Supplier<String> whyBroken = forwarded == null ? () -> "" : forwarded::lastFailure;
        EngineClient client = new EngineClient(endpoint.name(), advice, transport, whyBroken);
        try {
            Version answer = client.ask(PING_MAX, docker -> docker.versionCmd().exec());
            EngineVersion version = EngineVersion.read(endpoint.name(), answer);
            client.speak(version.spoken());
            return new DockerEngine(client, version, forwarded);
        } catch (IOException | InterruptedException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    /** For a person, such as {@code the Docker Engine at /var/run/docker.sock}. */
    public String name() {
        return client.name();
    }

    /** What it said when it was connected to. */
    public EngineVersion version() {
        return version;
    }

    /**
     * Asks whether it is there.
     *
     * @throws DockerException if not
     */
    public void ping() throws IOException, InterruptedException {
        client.ask(PING_MAX, docker -> docker.pingCmd().exec());
    }

    /** What it says about itself and its host. */
    public Info info() throws IOException, InterruptedException {
        return client.ask(docker -> docker.infoCmd().exec());
    }

    /** Its containers. */
    public Containers containers() {
        return new Containers(client);
    }

    /** Files in its containers. */
    public ContainerFiles files() {
        return new ContainerFiles(client);
    }

    /** What the processes of its containers hold. */
    public ContainerProcesses processes() {
        return new ContainerProcesses(client);
    }

    /** What its containers have written. */
    public ContainerLogs logs() {
        return new ContainerLogs(client);
    }

    /** Commands in containers of their own. */
    public OneOff oneOff() {
        return new OneOff(containers(), logs());
    }

    /** Its images. */
    public Images images() {
        return new Images(client);
    }

    /** Its networks. */
    public Networks networks() {
        return new Networks(client);
    }

    @Override
    public void close() throws IOException {
        try (ForwardedSocket _ = forwarded) {
            client.close();
        }
    }
}
