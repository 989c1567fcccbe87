/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Whether the acknowledged rows are there.
 *
 * @param lostCount acknowledged rows that are not there; at 1000 gaps and more, gaps whose row was never
 *     acknowledged may be counted too
 */
public record RowCheck(String writer, long acknowledgedCount, long presentCount, long lostCount) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Asks the stand-in, which must be healthy.
     *
     * @throws IllegalStateException if it does not answer with its rows
     */
    public static RowCheck of(URI server, RowWriter.Written written) {
        JsonNode rows = rows(server, written.writer());
        long max = rows.path("max").asLong();
        JsonNode missing = rows.path("missing");
        long lost = rows.path("missing_count").asLong() - missing.size();
        for (JsonNode number : missing) {
            if (written.acknowledged().contains(number.asLong())) {
                lost++;
            }
        }
        lost += written.acknowledged().tailSet(max, false).size();
        return new RowCheck(
                written.writer(),
                written.acknowledged().size(),
                rows.path("count").asLong(),
                lost);
    }

    public boolean complete() {
        return lostCount == 0;
    }

    private static JsonNode rows(URI server, String writer) {
        URI uri = server.resolve("/api/rows?writer=" + URLEncoder.encode(writer, StandardCharsets.UTF_8));
        try {
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(uri)
                                    .timeout(Duration.ofSeconds(10))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new IllegalStateException(uri + " answers " + response.statusCode());
            }
            return JSON.readTree(response.body());
        } catch (IOException e) {
            throw new UncheckedIOException("the rows of " + writer + " cannot be read", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
