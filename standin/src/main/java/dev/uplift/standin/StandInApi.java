/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** What a stand-in answers over HTTP, wherever it runs and whoever started it. */
public record StandInApi(URI uri) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ANSWER_MAX = Duration.ofSeconds(6);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    /** One answer. */
    public record Answer(int status, String body) {
        public JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Empty while nothing answers. */
    public Optional<Answer> get(String path) {
        return send(HttpRequest.newBuilder(uri.resolve(path)).GET());
    }

    /** Empty when nothing answers; the outcome is unknown then. */
    public Optional<Answer> post(String path, String json) {
        return send(HttpRequest.newBuilder(uri.resolve(path)).POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    public boolean healthy() {
        return get("/api/health").filter(answer -> answer.status() == 200).isPresent();
    }

    /** The tag that the version endpoint names; empty while it does not answer. */
    public Optional<String> version() {
        return get("/api/session/properties")
                .filter(answer -> answer.status() == 200)
                .map(answer -> answer.json().path("version").path("tag").asText());
    }

    private static Optional<Answer> send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    HTTP.send(request.timeout(ANSWER_MAX).build(), HttpResponse.BodyHandlers.ofString());
            return Optional.of(new Answer(response.statusCode(), response.body()));
        } catch (IOException unreachable) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
