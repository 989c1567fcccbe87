/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import dev.uplift.contract.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** One page that follows the server-sent events. */
final class Page implements AutoCloseable {
    private static final String DATA = "data:";

    private final HttpClient http = HttpClient.newHttpClient();
    private final Histogram delay =
            new ConcurrentHistogram(Duration.ofMinutes(10).toMillis(), 3);
    private final Thread thread;

    /** Of a transition nothing else is looked at: what is measured shall not pay for this. */
    private record Timed(Instant at) {}

    Page(URI orchestrator) {
        HttpRequest request =
                HttpRequest.newBuilder(orchestrator.resolve("/api/v1/events")).build();
        thread = Thread.ofPlatform().name("page").start(() -> follow(request));
    }

    /** From a transition until it is here, in milliseconds, since the last call. */
    Histogram delay() {
        Histogram copy = delay.copy();
        delay.reset();
        return copy;
    }

    private void follow(HttpRequest request) {
        try (Stream<String> lines = http.send(request, BodyHandlers.ofLines()).body()) {
            String[] event = {""};
            lines.forEach(line -> {
                if (line.startsWith("event:")) {
                    event[0] = line.substring("event:".length()).strip();
                } else if (line.startsWith(DATA) && event[0].equals("upgrade.transitioned")) {
                    take(line.substring(DATA.length()));
                }
            });
        } catch (IOException | UncheckedIOException e) {
            // It is closed.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void take(String json) {
        try {
            Instant at = Json.mapper().readValue(json, Timed.class).at();
            delay.recordValue(Math.max(0, Duration.between(at, Instant.now()).toMillis()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
