/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A server on loopback that answers whatever a test writes, be it HTTP or not. One request a connection. */
public final class RawServer implements AutoCloseable {
    private final ServerSocket socket;
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Answer answer;

    /** What came in; header names in lower case. */
    public record Request(String method, String path, Map<String, String> headers) {
        public @Nullable String header(String name) {
            return headers.get(name);
        }
    }

    /** Writes the answer. */
    @FunctionalInterface
    public interface Answer {
        void write(Request request, OutputStream out) throws IOException, InterruptedException;
    }

    public RawServer(Answer answer) throws IOException {
        this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), answer);
    }

    public RawServer(ServerSocket socket, Answer answer) {
        this.socket = socket;
        this.answer = answer;
        Thread.ofVirtual().start(this::accept);
    }

    public void answer(Answer next) {
        answer = next;
    }

    public List<Request> requests() {
        return requests;
    }

    public int port() {
        return socket.getLocalPort();
    }

    public URI url(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    /** 200 with a true Content-Length. */
    public static Answer ok(byte[] body, String... headers) {
        return (request, out) -> {
            head(out, "200 OK", with(headers, "Content-Length: " + body.length));
            if (!request.method().equals("HEAD")) {
                out.write(body);
            }
        };
    }

    public static Answer status(String status, String... headers) {
        return (request, out) -> head(out, status, with(headers, "Content-Length: 0"));
    }

    /** As a good server does: ranges with If-Range against one strong ETag. */
    public static Answer file(byte[] body, String etag) {
        return (request, out) -> {
            String range = request.header("range");
            boolean same = etag.equals(request.header("if-range"));
            if (range == null || !same) {
                ok(body, "ETag: " + etag).write(request, out);
                return;
            }
            int first = Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
            part(body, first, etag).write(request, out);
        };
    }

    public static Answer part(byte[] body, int first, String etag) {
        return (request, out) -> {
            head(
                    out,
                    "206 Partial Content",
                    "ETag: " + etag,
                    "Content-Range: bytes " + first + "-" + (body.length - 1) + "/" + body.length,
                    "Content-Length: " + (body.length - first));
            out.write(body, first, body.length - first);
        };
    }

    /** Promises all of it, sends {@code count} bytes and breaks off. */
    public static Answer cut(byte[] body, int count, String... headers) {
        return (request, out) -> {
            head(out, "200 OK", with(headers, "Content-Length: " + body.length));
            out.write(body, 0, count);
        };
    }

    public static void head(OutputStream out, String status, String... headers) throws IOException {
        StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append("\r\n");
        for (String header : headers) {
            head.append(header).append("\r\n");
        }
        out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
    }

    /** Lets an answer hang for as long as there is this server. */
    public void awaitClose() throws InterruptedException {
        closed.await();
    }

    @Override
    public void close() throws IOException {
        closed.countDown();
        socket.close();
    }

    private static String[] with(String[] headers, String another) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = another;
        return all;
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
            String line = in.readLine();
            if (line == null) {
                return;
            }
            String[] words = line.split(" ", -1);
            Map<String, String> headers = new TreeMap<>();
            for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
                int colon = header.indexOf(':');
                headers.put(
                        header.substring(0, colon).toLowerCase(Locale.ROOT),
                        header.substring(colon + 1).strip());
            }
            Request request = new Request(words[0], words[1], headers);
            requests.add(request);
            OutputStream out = connection.getOutputStream();
            answer.write(request, out);
            out.flush();
        } catch (IOException e) {
            // The client has gone, as many tests want it to.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
