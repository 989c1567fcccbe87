/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.Closeable;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * What one command sends to an engine and hears from it. It notes what was asked, whether that reached the engine and
 * when it was heard last, keeps the answer within its limit, and can be given up from another thread.
 */
final class Exchange implements DockerHttpClient {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ERROR_BYTES_MAX = 2000;
    private static final int STATUS_OK_MAX = 299;
    /** It is so already: docker-java says so, and it is no refusal. */
    private static final int STATUS_NOT_MODIFIED = 304;

    private final String name;
    private final DockerHttpClient transport;
    private final long bytesMax;
    private volatile long heardAt = System.nanoTime();
    private volatile String asked = "nothing was asked yet";
    private volatile boolean reached;
    private volatile @Nullable Thread sending;
    private volatile @Nullable Response response;
    private volatile boolean givenUp;

    /**
     * Nothing was sent yet.
     *
     * @param name of the engine, for a person
     * @param bytesMax of an answer
     */
    Exchange(String name, DockerHttpClient transport, long bytesMax) {
        this.name = name;
        this.transport = transport;
        this.bytesMax = bytesMax;
    }

    /** What was asked last, such as {@code POST /containers/create}, without its parameters. */
    String asked() {
        return asked;
    }

    /** Whether a body that is sent in parts was begun, which the engine has to ask for, or an answer has come. */
    boolean reached() {
        return reached;
    }

    /** When the engine was heard last, or took something that was sent: {@link System#nanoTime()}. */
    long heardAt() {
        return heardAt;
    }

    /** Ends what is under way, in whichever thread. Nothing is sent any more. */
    void giveUp() {
        givenUp = true;
        Thread unanswered = sending;
        if (unanswered != null) {
            unanswered.interrupt();
        }
        Response begun = response;
        if (begun != null) {
            begun.close();
        }
    }

    /**
     * Sends a request.
     *
     * @throws UncheckedIOException of a {@link DockerRefusedException} if the engine refuses
     */
    @Override
    public Response execute(Request request) {
        asked = request.method() + " "
                + request.path().replaceFirst("^/v[0-9.]+", "").replaceFirst("\\?.*", "");
        reached = false;
        Request.Builder builder = Request.builder().from(request).putHeader("Connection", "close");
        InputStream upload = request.bodyBytes() == null ? request.body() : null;
        if (upload != null) {
            // A refusal must be heard before the body is sent, or it is lost with the connection.
            builder.putHeader("Expect", "100-continue").body(new Heard(upload, Long.MAX_VALUE, upload));
        }
        Response begun = send(builder.build());
        heardAt = System.nanoTime();
        reached = true;
        int status = begun.getStatusCode();
        if (status > STATUS_OK_MAX && status != STATUS_NOT_MODIFIED) {
            try (begun) {
                throw new UncheckedIOException(refused(status, begun.getBody()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        // What is left of an answer is not read: closing its body alone would do that, to use the connection again.
        return new Bounded(begun, new Heard(begun.getBody(), bytesMax, begun));
    }

    /**
     * In a virtual thread: one that waits for a TCP socket can be interrupted, and of the platform's, which docker-java runs
     * some commands in, it cannot.
     */
    private Response send(Request request) {
        FutureTask<Response> task = new FutureTask<>(() -> {
            Response begun = transport.execute(request);
            // Here, not where it is waited for: whoever was told to give up waits no more.
            response = begun;
            if (givenUp) {
                begun.close();
            }
            return begun;
        });
        Thread thread = Thread.ofVirtual().name("docker " + asked).unstarted(task);
        sending = thread;
        if (givenUp) {
            throw new UncheckedIOException(new InterruptedIOException("given up"));
        }
        thread.start();
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            throw new UncheckedIOException(new InterruptedIOException("given up"));
        }
    }

    /** The connection is its owner's to close. */
    @Override
    public void close() {}

    private DockerRefusedException refused(int status, InputStream body) throws IOException {
        String text = new String(body.readNBytes(ERROR_BYTES_MAX), StandardCharsets.UTF_8).strip();
        try {
            text = JSON.readTree(text).path("message").asText(text);
        } catch (JacksonException e) {
            text = text.replaceAll("\\s+", " ");
        }
        return new DockerRefusedException(
                status, name + ": " + (text.isEmpty() ? asked + " gave status " + status : text));
    }

    private record Bounded(Response response, InputStream body) implements Response {
        @Override
        public int getStatusCode() {
            return response.getStatusCode();
        }

        @Override
        public Map<String, List<String>> getHeaders() {
            return response.getHeaders();
        }

        @Override
        public InputStream getBody() {
            return body;
        }

        @Override
        public void close() {
            response.close();
        }
    }

    /** Notes when something came, and refuses more than so many bytes. */
    private final class Heard extends FilterInputStream {
        private final Closeable closed;
        private long left;

        Heard(InputStream in, long bytesMax, Closeable closed) {
            super(in);
            this.left = bytesMax;
            this.closed = closed;
        }

        @Override
        public void close() throws IOException {
            closed.close();
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            heard(value < 0 ? 0 : 1);
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            heard(Math.max(count, 0));
            return count;
        }

        private void heard(int count) throws IOException {
            heardAt = System.nanoTime();
            reached = true;
            left -= count;
            if (left < 0) {
                throw new DockerException(name + " answers " + asked + " without end");
            }
        }
    }
}
