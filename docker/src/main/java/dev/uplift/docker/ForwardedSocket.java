/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A unix socket, in a directory that only this user can enter, each connection of which is handed on to a
 * {@link DockerEndpoint.Dial}.
 *
 * <p>If the other side cannot be dialled, the connection ends without an answer; the reason is logged and
 * kept in {@link #lastFailure()}.
 */
final class ForwardedSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ForwardedSocket.class);

    private final String name;
    private final DockerEndpoint.Dial dial;
    private final Path directory;
    private final ServerSocketChannel server;
    private volatile String lastFailure = "";

    private ForwardedSocket(String name, DockerEndpoint.Dial dial, Path directory, ServerSocketChannel server) {
        this.name = name;
        this.dial = dial;
        this.directory = directory;
        this.server = server;
    }

    /** Listens until it is closed. */
    static ForwardedSocket open(String name, DockerEndpoint.Dial dial) throws IOException {
        Path directory = Files.createTempDirectory(
                "uplift-docker", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        ForwardedSocket forwarded = new ForwardedSocket(name, dial, directory, server);
        try {
            server.bind(UnixDomainSocketAddress.of(forwarded.path()));
        } catch (IOException | RuntimeException e) {
            forwarded.close();
            throw e;
        }
        Thread.ofVirtual().name("docker socket of " + name).start(forwarded::accept);
        return forwarded;
    }

    Path path() {
        return directory.resolve("docker.sock");
    }

    /** Why the other side could not be dialled the last time; empty if it could. */
    String lastFailure() {
        return lastFailure;
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(path());
        Files.deleteIfExists(directory);
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                Thread.ofVirtual().name("docker dial of " + name).start(() -> forward(connection));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("a connection to {} could not be accepted", name, e);
            }
        }
    }

    private void forward(SocketChannel connection) {
        try (connection;
                DockerEndpoint.Stream stream = dial.open()) {
            lastFailure = "";
            Thread outwards = Thread.ofVirtual().start(() -> {
                try (OutputStream output = stream.output()) {
                    pump(Channels.newInputStream(connection), output);
                } catch (IOException e) {
                    LOG.debug("sending to {} ended", name, e);
                }
            });
            try {
                pump(stream.input(), Channels.newOutputStream(connection));
            } finally {
                outwards.interrupt();
            }
        } catch (IOException e) {
            lastFailure = String.valueOf(e.getMessage());
            LOG.debug("{} was not reached, or went away", name, e);
        }
    }

    private static void pump(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[32 << 10];
        int count;
        while ((count = from.read(buffer)) >= 0) {
            to.write(buffer, 0, count);
            to.flush();
        }
    }
}
