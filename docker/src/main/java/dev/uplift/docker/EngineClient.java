/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.core.RemoteApiVersion;
import com.github.dockerjava.transport.DockerHttpClient;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Asks one engine: by docker-java's commands, or by an {@link EngineRequest} where those would lose something. Safe for
 * use by several threads.
 *
 * <p>Every command has its own connection, so that none is sent into one that a restarted engine has left; and its own
 * thread, because the way to give up a read from a unix socket is to interrupt it. How both are bounded, and whether the
 * engine was asked, is known by an {@link Exchange}, through which docker-java sends what it sends.
 */
final class EngineClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final Duration SILENCE_MAX = Duration.ofSeconds(60);
    private static final long ANSWER_BYTES_MAX = 64 << 20;

    private final String name;
    private final String advice;
    private final DockerHttpClient transport;
    private final Supplier<String> whyBroken;
    private volatile EngineConfig config = new EngineConfig(RemoteApiVersion.UNKNOWN_VERSION);

    /**
     * Asks through a transport.
     *
     * @param advice what to do if there is no connection
     * @param whyBroken what is known of the last connection that broke; empty: nothing
     */
    EngineClient(String name, String advice, DockerHttpClient transport, Supplier<String> whyBroken) {
        this.name = name;
        this.advice = advice;
        this.transport = transport;
        this.whyBroken = whyBroken;
    }

    /** Speaks this version of the API from now on. */
    void speak(EngineVersion.Api api) {
        config = new EngineConfig(RemoteApiVersion.create(api.major(), api.minor()));
    }

    String name() {
        return name;
    }

    /** A command of docker-java. */
    @FunctionalInterface
    interface Command<T> {
        T run(DockerClient docker) throws IOException, InterruptedException;
    }

    /** Runs a command whose answer is small, with a minute of silence allowed, as {@link #ask(Duration, Command)}. */
    <T> T ask(Command<T> command) throws IOException, InterruptedException {
        return ask(SILENCE_MAX, command);
    }

    /**
     * Runs a command whose answer is small in a thread of its own.
     *
     * @param silenceMax how long the engine may say nothing at all before it is given up
     * @throws DockerRefusedException if the engine refuses
     * @throws DockerUnreachableException if it was not asked
     * @throws DockerLostException if it was asked, and whether it did it is unknown
     */
    <T> T ask(Duration silenceMax, Command<T> command) throws IOException, InterruptedException {
        return run(silenceMax, ANSWER_BYTES_MAX, exchange -> command.run(docker(exchange)));
    }

    /** As {@link #stream(Duration, Command)}, with a minute of silence allowed. */
    <T> T stream(Command<T> command) throws IOException, InterruptedException {
        return stream(SILENCE_MAX, command);
    }

    /** As {@link #ask(Duration, Command)}, without a limit to what comes: the command keeps none of it, or little. */
    <T> T stream(Duration silenceMax, Command<T> command) throws IOException, InterruptedException {
        return run(silenceMax, Long.MAX_VALUE, exchange -> command.run(docker(exchange)));
    }

    /** The answer to a request, whole; missing where the engine says nothing. */
    JsonNode call(EngineRequest request) throws IOException, InterruptedException {
        return run(request.silenceMax(), ANSWER_BYTES_MAX, exchange -> send(exchange, request, JSON::readTree));
    }

    /** Reads the answer to a request while it comes, without a limit. */
    <T> T read(EngineRequest request, ContentReader<T> reader) throws IOException, InterruptedException {
        return run(request.silenceMax(), Long.MAX_VALUE, exchange -> send(exchange, request, reader));
    }

    @Override
    public void close() throws IOException {
        transport.close();
    }

    private DockerClient docker(Exchange exchange) {
        return DockerClientImpl.getInstance(config, exchange);
    }

    private <T> T send(Exchange exchange, EngineRequest request, ContentReader<T> reader)
            throws IOException, InterruptedException {
        DockerHttpClient.Request.Builder builder = DockerHttpClient.Request.builder()
                .method(request.method())
                .path(config.prefix() + request.path())
                .putAllHeaders(request.headers());
        if (request.json() != null) {
            builder.putHeader("Content-Type", "application/json").bodyBytes(JSON.writeValueAsBytes(request.json()));
        }
        try (DockerHttpClient.Response response = exchange.execute(builder.build())) {
            return reader.read(response.getBody());
        }
    }

    /** What is done with the engine in one thread. */
    private interface Work<T> {
        T run(Exchange exchange) throws IOException, InterruptedException;
    }

    private <T> T run(Duration silenceMax, long bytesMax, Work<T> work) throws IOException, InterruptedException {
        Exchange exchange = new Exchange(name, transport, bytesMax);
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = Thread.ofVirtual().name("docker").start(() -> {
            try {
                answer.complete(work.run(exchange));
            } catch (Throwable e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return await(answer, silenceMax, exchange);
        } catch (TimeoutException e) {
            throw new DockerLostException(
                    name + " has said nothing for " + silenceMax.toSeconds() + " s: " + exchange.asked(), e);
        } catch (ExecutionException e) {
            throw failed(exchange, e.getCause());
        } finally {
            thread.interrupt();
            exchange.giveUp();
        }
    }

    private static <T> T await(CompletableFuture<T> answer, Duration silenceMax, Exchange exchange)
            throws InterruptedException, ExecutionException, TimeoutException {
        while (true) {
            long left = exchange.heardAt() + silenceMax.toNanos() - System.nanoTime();
            try {
                return answer.get(Math.max(left, 0), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (exchange.heardAt() + silenceMax.toNanos() - System.nanoTime() <= 0) {
                    throw e;
                }
            }
        }
    }

    /** docker-java wraps what it does not throw itself. */
    private DockerException failed(Exchange exchange, @Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof RuntimeException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof JacksonException unread) {
            cause = brokenIn(unread);
        }
        return switch (cause) {
            case DockerException known -> known;
            case JacksonException e ->
                new DockerException(
                        name + " does not answer as a Docker Engine does: is something else listening there?", e);
            case IOException broken when exchange.reached() -> broken(exchange, broken);
            case IOException broken -> unanswered(exchange, broken);
            case RuntimeException bug -> throw bug;
            case Error error -> throw error;
            case null, default -> throw new IllegalStateException(exchange.asked(), failure);
        };
    }

    /** The fault of the connection in the middle of a list, which Jackson tells as one of an element; else what it says itself. */
    private static Throwable brokenIn(JacksonException unread) {
        Throwable cause = unread;
        while (cause instanceof JacksonException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof IOException ? cause : unread;
    }

    private DockerException unanswered(Exchange exchange, IOException failure) {
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
        return broken(exchange, failure);
    }

    private DockerLostException broken(Exchange exchange, IOException failure) {
        String why = whyBroken.get();
        if (why.isEmpty()) {
            why = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        }
        return new DockerLostException(
                "the connection to " + name + " broke (" + why + "): " + exchange.asked(), failure);
    }
}
