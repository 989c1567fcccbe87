/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Lets clients that have a certificate reach an engine's socket by TLS, on loopback, and shows a gate every request: when
 * it has come, and when its answer begins. A request or an answer that the gate does not let pass is lost with its
 * connection. Clients have to use a connection for one request.
 */
public final class EngineFront implements AutoCloseable {
    private static final char[] PASSWORD = "front".toCharArray();
    private static final int HEAD_BYTES_MAX = 65_536;

    private final SSLServerSocket server;
    private final Path socket;
    private final Path files;
    private final Gate gate;

    private EngineFront(SSLServerSocket server, Path socket, Path files, Gate gate) {
        this.server = server;
        this.socket = socket;
        this.files = files;
        this.gate = gate;
    }

    /** Where a request is. */
    public enum Moment {
        /** The engine has not seen it. */
        BEFORE,
        /** The engine has begun to answer it, and the client has seen nothing of that. */
        AFTER
    }

    /** Decides what passes; called by several threads. */
    @FunctionalInterface
    public interface Gate {
        /** {@code request}: its first line without the version of HTTP, such as {@code POST /v1.41/containers/create}. */
        boolean passes(String request, Moment moment);
    }

    /** In front of that socket, which need not exist all the time. */
    public static EngineFront open(Path socket, Gate gate) {
        try {
            Path files = Files.createTempDirectory("uplift-front");
            makeCertificates(files);
            SSLServerSocket server = (SSLServerSocket)
                    context(files).getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
            server.setNeedClientAuth(true);
            EngineFront front = new EngineFront(server, socket, files, gate);
            inBackground(front::accept);
            return front;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What clients are told. */
    public URI url() {
        return URI.create("https://127.0.0.1:" + server.getLocalPort());
    }

    /** The certificate that the front's own and the client's are signed with. */
    public Path ca() {
        return files.resolve("ca.pem");
    }

    /** A client's certificate. */
    public Path certificate() {
        return files.resolve("client.pem");
    }

    /** Its key. */
    public Path key() {
        return files.resolve("client-key.pem");
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SystemdHosts.delete(files);
    }

    private static void inBackground(Runnable work) {
        Thread thread = new Thread(work, "engine-front");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                SSLSocket client = (SSLSocket) server.accept();
                inBackground(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(SSLSocket client) {
        try (client) {
            byte[] head = head(client.getInputStream());
            String line = new String(head, StandardCharsets.ISO_8859_1)
                    .lines()
                    .findFirst()
                    .orElse("");
            String request = line.replaceFirst(" HTTP/1\\.1$", "");
            if (gate.passes(request, Moment.BEFORE)) {
                forward(client, head, request);
            }
        } catch (IOException e) {
            // The client sees it.
        }
    }

    private void forward(SSLSocket client, byte[] head, String request) throws IOException {
        try (SocketChannel engine = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            OutputStream toEngine = Channels.newOutputStream(engine);
            toEngine.write(head);
            inBackground(() -> {
                try {
                    client.getInputStream().transferTo(toEngine);
                } catch (IOException e) {
                    // The other direction ends too.
                }
            });
            InputStream fromEngine = Channels.newInputStream(engine);
            byte[] first = new byte[8192];
            int count = fromEngine.read(first);
            if (count > 0 && gate.passes(request, Moment.AFTER)) {
                client.getOutputStream().write(first, 0, count);
                fromEngine.transferTo(client.getOutputStream());
            }
        }
    }

    /** Up to the empty line. */
    private static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int newLines = 0;
        while (newLines < 2) {
            int next = in.read();
            if (next < 0 || head.size() > HEAD_BYTES_MAX) {
                throw new IOException("no request");
            }
            head.write(next);
            if (next != '\r') {
                newLines = next == '\n' ? newLines + 1 : 0;
            }
        }
        return head.toByteArray();
    }

    private static void makeCertificates(Path files) throws IOException {
        openssl(files, "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=ca -keyout ca-key.pem -out ca.pem");
        for (String name : List.of("server", "client")) {
            Files.writeString(files.resolve(name + ".ext"), "subjectAltName=IP:127.0.0.1\n");
            openssl(files, "req -newkey rsa:2048 -nodes -subj /CN=X -keyout X-key.pem -out X.csr".replace("X", name));
            openssl(
                    files,
                    "x509 -req -days 2 -in X.csr -CA ca.pem -CAkey ca-key.pem -CAcreateserial -extfile X.ext -out X.pem"
                            .replace("X", name));
        }
        openssl(
                files,
                "pkcs12 -export -in server.pem -inkey server-key.pem -out server.p12 -passout pass:"
                        + new String(PASSWORD));
        Files.setPosixFilePermissions(files.resolve("client-key.pem"), PosixFilePermissions.fromString("rw-------"));
    }

    private static SSLContext context(Path files) throws GeneralSecurityException, IOException {
        KeyStore own = KeyStore.getInstance(files.resolve("server.p12").toFile(), PASSWORD);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        try (InputStream ca = Files.newInputStream(files.resolve("ca.pem"))) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(ca));
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(own, PASSWORD);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private static void openssl(Path directory, String arguments) {
        Docker.Result result = Docker.execute(
                Stream.concat(
                                Stream.of("sh", "-c", "cd \"$0\" && exec openssl \"$@\"", directory.toString()),
                                Arrays.stream(arguments.split(" ", -1)))
                        .toList(),
                "");
        if (!result.ok()) {
            throw new IllegalStateException("openssl " + arguments + ": " + result.errors());
        }
    }
}
