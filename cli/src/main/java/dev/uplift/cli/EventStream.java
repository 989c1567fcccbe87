/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import com.fasterxml.jackson.core.JacksonException;
import dev.uplift.contract.Json;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.UpgradeStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The orchestrator's live feed, read in the background. A lost connection is made again and goes on behind
 * the last event. The queue is bounded: a reader that is too slow slows the connection down.
 */
final class EventStream implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofSeconds(2);
    private static final Duration ANSWER_MAX = Duration.ofSeconds(15);
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);
    private static final int QUEUED_MAX = 1_000;

    /** What the feed says. */
    sealed interface Event {
        /** An upgrade has changed. */
        record Changed(UpgradeStatus status) implements Event {}

        /** What changed until now is not known, or cannot be told: to be read again. */
        record Missed() implements Event {}
    }

    private final HttpClient http;
    private final URI url;
    private final BlockingQueue<Event> queue = new LinkedBlockingQueue<>(QUEUED_MAX);
    private final Thread reader;
    private volatile @Nullable InputStream connection;
    private volatile Instant heardAt = Instant.now();
    private @Nullable String lastId;

    /** Begins at once; the first event is {@link Event.Missed}. */
    EventStream(HttpClient http, URI url) {
        this.http = http;
        this.url = url;
        this.reader = Thread.ofVirtual().name("events").start(this::run);
    }

    /** The next event, waited for no longer than this. To be called often: it also notices that a connection is dead. */
    Optional<Event> next(Duration most) throws InterruptedException {
        InputStream open = connection;
        if (open != null && heardAt.plus(SILENCE_MAX).isBefore(Instant.now())) {
            abandon(open);
        }
        return Optional.ofNullable(queue.poll(most.toMillis(), TimeUnit.MILLISECONDS));
    }

    @Override
    public void close() {
        reader.interrupt();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    read();
                } catch (IOException e) {
                    queue.put(new Event.Missed());
                }
                // An orchestrator that is being started again is not asked without a break by all who follow.
                TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Ends with the connection. */
    private void read() throws IOException, InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(url).timeout(ANSWER_MAX).header("Accept", "text/event-stream");
        if (lastId != null) {
            request.header("Last-Event-ID", lastId);
        }
        HttpResponse<InputStream> response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                lastId = null;
                throw new IOException("the feed answered " + response.statusCode());
            }
            heardAt = Instant.now();
            connection = body;
            read(new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8)));
        } finally {
            connection = null;
        }
    }

    private void read(BufferedReader lines) throws IOException, InterruptedException {
        boolean replayed = lastId != null;
        String id = null;
        String type = "";
        StringBuilder data = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            heardAt = Instant.now();
            if (line.startsWith(":") && !replayed) {
                queue.put(new Event.Missed());
                replayed = true;
            } else if (line.startsWith("id:")) {
                id = line.substring("id:".length()).strip();
            } else if (line.startsWith("event:")) {
                type = line.substring("event:".length()).strip();
            } else if (line.startsWith("data:")) {
                data.append(line, "data:".length(), line.length());
            } else if (line.isEmpty() && !data.isEmpty()) {
                if (type.equals(MessageType.UPGRADE_STATUS)) {
                    queue.put(event(data.toString()));
                }
                lastId = id;
                data.setLength(0);
            }
        }
    }

    private static Event event(String data) {
        try {
            return new Event.Changed(Json.mapper().readValue(data, UpgradeStatus.class));
        } catch (JacksonException e) {
            return new Event.Missed();
        }
    }

    private static void abandon(InputStream connection) {
        try {
            connection.close();
        } catch (IOException e) {
            // It is not read any more either way.
        }
    }
}
