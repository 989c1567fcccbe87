/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.host.Conversation;
import dev.uplift.host.Host;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

/** Where a Docker Engine is reached. */
public sealed interface DockerEndpoint {
    /** What connects its standard streams with the engine's socket. */
    List<String> DIAL = List.of("docker", "system", "dial-stdio");

    /** The socket of an engine on this machine. */
    DockerEndpoint LOCAL = new Unix(Path.of("/var/run/docker.sock"));

    /**
     * The engine of a host, through whatever way leads to the host: {@code docker system dial-stdio} is run there
     * and talked with, so the host needs the {@code docker} command, and its user the right to use it.
     */
    static DockerEndpoint of(Host host) {
        return new Dialled("the Docker Engine of host " + host.name(), () -> new Talk(host.converse(DIAL)));
    }

    /** For a person. */
    String name();

    /** A unix socket on this machine. */
    record Unix(Path socket) implements DockerEndpoint {
        @Override
        public String name() {
            return "the Docker Engine at " + socket;
        }
    }

    /**
     * TLS with certificates on both sides.
     *
     * @param url {@code tcp://host:port} or {@code https://host:port}
     * @param ca certificates that may have signed the engine's, PEM
     * @param certificate this client's, PEM
     * @param key this client's private key, PEM, which only its owner may read
     */
    record Tls(URI url, Path ca, Path certificate, Path key) implements DockerEndpoint {
        @Override
        public String name() {
            return "the Docker Engine at " + url;
        }
    }

    /**
     * Through whatever opens streams to the engine's socket, such as {@code docker system dial-stdio} run over SSH.
     *
     * @param name for a person, such as {@code the Docker Engine of host-1}
     */
    record Dialled(String name, Dial dial) implements DockerEndpoint {}

    /** Opens streams to an engine's socket. Must be safe for use by several threads. */
    @FunctionalInterface
    interface Dial {
        /** One new connection. */
        Stream open() throws IOException;
    }

    /** A connection in both directions. */
    interface Stream extends Closeable {
        InputStream input() throws IOException;

        /** What is written is sent at once or when flushed; closing it tells the other side that no more will come. */
        OutputStream output() throws IOException;
    }

    /** A conversation as a connection. */
    record Talk(Conversation conversation) implements Stream {
        @Override
        public InputStream input() {
            return conversation.answers();
        }

        @Override
        public OutputStream output() {
            return conversation.questions();
        }

        @Override
        public void close() throws IOException {
            conversation.close();
        }
    }
}
