package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Talks HTTP to one engine, in the JSON that the engine speaks: a typed model would drop the fields that it
 * does not know. Safe for use by several threads.
 *
 * <p>Every request has its own connection, so that none is sent into one that a restarted engine has left;
 * and its own thread, because the way to give up a read from a unix socket is to interrupt it.
 */
final class EngineHttp implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ANSWER_BYTES_MAX = 64 << 20;
    private static final int ERROR_CHARS_MAX = 2000;
    private static final int STATUS_REFUSED = 400;

    private final String name;
    private final String advice;
    private final DockerHttpClient client;
    private final Supplier<String> whyBroken;

    /** The part of the path that names the API's version; empty until it is known. */
    private volatile String prefix = "";

    /**
     * Talks through a client.
     *
     * @param advice what to do if there is no connection
     * @param whyBroken what is known of the last connection that broke; empty: nothing
     */
    EngineHttp(String name, String advice, DockerHttpClient client, Supplier<String> whyBroken) {
        this.name = name;
        this.advice = advice;
        this.client = client;
        this.whyBroken = whyBroken;
    }

    /** Speaks this version of the API from now on, such as {@code 1.41}. */
    void speak(String apiVersion) {
        prefix = "/v" + apiVersion;
    }

    String name() {
        return name;
    }

    /** Reads an answer while it comes. */
    @FunctionalInterface
    interface Reading<T> {
        T read(InputStream body) throws IOException, InterruptedException;
    }

    /** The answer, whole; missing where the engine says nothing. */
    JsonNode call(EngineRequest request) throws IOException, InterruptedException {
        byte[] body = read(request, in -> {
            byte[] bytes = in.readNBytes(ANSWER_BYTES_MAX + 1);
            if (bytes.length > ANSWER_BYTES_MAX) {
                throw new DockerException(name + " answers " + request.path() + " without end");
            }
            return bytes;
        });
        if (new String(body, StandardCharsets.UTF_8).isBlank()) {
            return MissingNode.getInstance();
        }
        try {
            return JSON.readTree(body);
        } catch (JacksonException e) {
            throw new DockerException(
                    name + " does not answer as a Docker Engine does: is something else listening there?", e);
        }
    }

    /**
     * Reads the answer in a thread of its own.
     *
     * @throws DockerRefusedException if the engine refuses
     * @throws DockerUnreachableException if it was not asked
     * @throws DockerLostException if it was asked, and whether it did it is unknown
     */
    <T> T read(EngineRequest request, Reading<T> reading) throws IOException, InterruptedException {
        AtomicLong heardAt = new AtomicLong(System.nanoTime());
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().name("docker " + request.path()).start(() -> {
            try {
                answer.complete(exchange(request, reading, heardAt));
            } catch (IOException | InterruptedException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return await(answer, request.silenceMax(), heardAt);
        } catch (TimeoutException e) {
            throw new DockerLostException(
                    name + " has said nothing for " + request.silenceMax().toSeconds() + " s: " + describe(request), e);
        } catch (ExecutionException e) {
            throw failed(request, e.getCause());
        } finally {
            thread.interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        client.close();
    }

    private static <T> T await(CompletableFuture<T> answer, Duration silenceMax, AtomicLong heardAt)
            throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            long left = heardAt.get() + silenceMax.toNanos() - System.nanoTime();
            try {
                return answer.get(Math.max(left, 0), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (heardAt.get() + silenceMax.toNanos() - System.nanoTime() <= 0) {
                    throw e;
                }
            }
        }
    }

    private <T> T exchange(EngineRequest request, Reading<T> reading, AtomicLong heardAt)
            throws IOException, InterruptedException {
        try (DockerHttpClient.Response response = client.execute(encode(request, heardAt))) {
            heardAt.set(System.nanoTime());
            InputStream body = new Heard(response.getBody(), heardAt);
            if (response.getStatusCode() >= STATUS_REFUSED) {
                throw refused(response.getStatusCode(), body, request);
            }
            return reading.read(body);
        }
    }

    private DockerHttpClient.Request encode(EngineRequest request, AtomicLong heardAt) throws IOException {
        DockerHttpClient.Request.Builder builder = DockerHttpClient.Request.builder();
        builder.method(request.method())
                .path(prefix + request.path())
                .putAllHeaders(request.headers())
                .putHeader("Connection", "close");
        if (request.json() != null) {
            builder.putHeader("Content-Type", "application/json").bodyBytes(JSON.writeValueAsBytes(request.json()));
        } else if (request.stream() != null) {
            // A refusal must be heard before the body is sent, or it is lost with the connection.
            builder.putHeader("Content-Type", "application/x-tar")
                    .putHeader("Expect", "100-continue")
                    .body(new Heard(request.stream(), heardAt));
        }
        return builder.build();
    }

    private DockerRefusedException refused(int status, InputStream body, EngineRequest request) throws IOException {
        String text = new String(body.readNBytes(ERROR_CHARS_MAX), StandardCharsets.UTF_8).strip();
        try {
            text = JSON.readTree(text).path("message").asText(text);
        } catch (JacksonException e) {
            text = text.replaceAll("\\s+", " ");
        }
        return new DockerRefusedException(
                status, name + ": " + (text.isEmpty() ? describe(request) + " gave status " + status : text));
    }

    /** The transport wraps what goes wrong before an answer; what goes wrong while it is read comes as it is. */
    private DockerException failed(EngineRequest request, @Nullable Throwable failure) {
        return switch (failure) {
            case DockerException known -> known;
            case IOException broken -> new DockerLostException(broken(request, broken), broken);
            case RuntimeException wrapped
            when wrapped.getCause() instanceof IOException broken -> unanswered(request, broken);
            case RuntimeException bug -> throw bug;
            case null, default -> throw new IllegalStateException(describe(request), failure);
        };
    }

    private DockerException unanswered(EngineRequest request, IOException failure) {
        String text = String.valueOf(failure.getMessage());
        boolean nothingSent = switch (failure) {
            case ConnectException _, UnknownHostException _, NoRouteToHostException _ -> true;
            default -> text.contains("No such file or directory") || text.contains("Permission denied");
        };
        if (nothingSent) {
            return new DockerUnreachableException(name + " cannot be reached (" + text + "): " + advice, failure);
        }
        if (failure instanceof SSLException && text.toLowerCase(Locale.ROOT).contains("cert")) {
            return new DockerUnreachableException(
                    name + " is not trusted, or does not trust us (" + text
                            + "): check the CA, the client certificate and the name in the server's certificate",
                    failure);
        }
        return new DockerLostException(broken(request, failure), failure);
    }

    private String broken(EngineRequest request, IOException failure) {
        String why = whyBroken.get();
        if (why.isEmpty()) {
            why = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        }
        return "the connection to " + name + " broke (" + why + "): " + describe(request);
    }

    private static String describe(EngineRequest request) {
        int query = request.path().indexOf('?');
        return request.method() + " "
                + (query < 0 ? request.path() : request.path().substring(0, query));
    }

    /** Notes when something came. */
    private static final class Heard extends FilterInputStream {
        private final AtomicLong heardAt;

        Heard(InputStream in, AtomicLong heardAt) {
            super(in);
            this.heardAt = heardAt;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            heardAt.set(System.nanoTime());
            return value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            heardAt.set(System.nanoTime());
            return count;
        }
    }
}
