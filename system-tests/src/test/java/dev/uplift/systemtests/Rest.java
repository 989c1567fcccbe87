/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Incident;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.RegisterInstallation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The orchestrator's REST as a client sees it. While nobody answers it throws {@link UncheckedIOException}. */
final class Rest {
    private final URI base;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(3))
            .build();

    Rest(URI base) {
        this.base = base;
    }

    /** An answer as it came. */
    record Answer(int status, String contentType, String body) {}

    Answer send(String method, String path, @Nullable String body) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(20));
        if (body == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.method(method, BodyPublishers.ofString(body)).header("Content-Type", "application/json");
        }
        try {
            HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    response.statusCode(),
                    response.headers().firstValue("Content-Type").orElse(""),
                    response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    InstallationStatus register(RegisterInstallation registration) {
        return call("POST", "/api/v1/installations", registration, new TypeReference<>() {});
    }

    InstallationStatus installation(String nameOrId) {
        return call("GET", "/api/v1/installations/" + nameOrId, null, new TypeReference<>() {});
    }

    AcceptedSagas upgrade(UpgradeRequested request) {
        return call("POST", "/api/v1/upgrades", request, new TypeReference<>() {});
    }

    UpgradeStatus upgrade(UUID id) {
        return call("GET", "/api/v1/upgrades/" + id, null, new TypeReference<>() {});
    }

    Page<UpgradeStatus> upgrades(String installation) {
        return call("GET", "/api/v1/upgrades?limit=50&installation=" + installation, null, new TypeReference<>() {});
    }

    Page<Incident> incidents() {
        return call("GET", "/api/v1/incidents?limit=100", null, new TypeReference<>() {});
    }

    private <T> T call(String method, String path, @Nullable Object body, TypeReference<T> type) {
        try {
            Answer answer =
                    send(method, path, body == null ? null : Json.mapper().writeValueAsString(body));
            if (answer.status() >= 300) {
                throw new IllegalStateException(method + " " + path + " answered " + answer);
            }
            return Json.mapper().readValue(answer.body(), type);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
