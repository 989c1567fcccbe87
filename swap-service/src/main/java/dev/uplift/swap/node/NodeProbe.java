/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.profile.HealthReading;
import dev.uplift.profile.IdentityReading;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.function.UnaryOperator;

/**
 * Asks an application over HTTP how it is. Every question is answered within some seconds: no answer is
 * an answer. No redirect and no proxy is followed. Safe for use by several threads.
 */
public final class NodeProbe implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int BODY_BYTES_MAX = 2_000_000;

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .proxy(HttpClient.Builder.NO_PROXY)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
    private final Duration timeout;

    /** A probe that waits this long for each answer. */
    public NodeProbe(Duration timeout) {
        this.timeout = timeout;
    }

    /** How an application is. */
    public sealed interface Health {
        /** It serves. */
        record Healthy() implements Health {}

        /** It is on its way; {@code progress} from 0 to 1, if it says. */
        record Starting(OptionalDouble progress) implements Health {}

        /** It does not serve; {@code reason} is one line. */
        record Failing(String reason) implements Health {}
    }

    /** One look at the health endpoint. */
    public Health health(Profile profile, NodeAddress address) throws InterruptedException {
        return switch (ask(address, profile.health()::url)) {
            case Reply.None(String reason) -> new Health.Failing(reason);
            case Reply.Given(int status, String body) ->
                switch (profile.health().read(status, body)) {
                    case HealthReading.Healthy() -> new Health.Healthy();
                    case HealthReading.Starting(OptionalDouble progress) -> new Health.Starting(progress);
                    case HealthReading.Unhealthy(String reason) -> new Health.Failing(reason);
                };
        };
    }

    /** The version that it says it is. */
    public VersionReading version(Profile profile, NodeAddress address) throws InterruptedException {
        if (profile.versionEndpoint().isEmpty()) {
            return new VersionReading.Unreadable("the profile " + profile.name() + " has no version endpoint");
        }
        return switch (ask(address, profile.versionEndpoint().get()::url)) {
            case Reply.None(String reason) -> new VersionReading.Unreadable(reason);
            case Reply.Given(int status, String body) ->
                status == 200 ? profile.readVersion(body) : new VersionReading.Unreadable("HTTP " + status);
        };
    }

    /** Whether it works on a database that has been set up. */
    public IdentityReading identity(Profile profile, NodeAddress address) throws InterruptedException {
        if (profile.identityProbe().isEmpty()) {
            return new IdentityReading.Unreadable("the profile " + profile.name() + " has no identity probe");
        }
        return switch (ask(address, profile.identityProbe().get().endpoint()::url)) {
            case Reply.None(String reason) -> new IdentityReading.Unreadable(reason);
            case Reply.Given(int status, String body) ->
                status == 200 ? profile.readIdentity(body) : new IdentityReading.Unreadable("HTTP " + status);
        };
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }

    private sealed interface Reply {
        record Given(int status, String body) implements Reply {}

        record None(String reason) implements Reply {}
    }

    private Reply ask(NodeAddress address, UnaryOperator<URI> endpoint) throws InterruptedException {
        return switch (address) {
            case NodeAddress.None(String reason) -> new Reply.None(reason);
            case NodeAddress.At(URI url) -> {
                try {
                    yield get(endpoint.apply(url));
                } catch (IOException e) {
                    yield new Reply.None("no answer (" + e.getClass().getSimpleName() + ")");
                }
            }
        };
    }

    private Reply get(URI url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Accept", "application/json")
                .GET()
                .build();
        HttpResponse<InputStream> response = http.send(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofInputStream(), BODY_BYTES_MAX));
        try (InputStream body = response.body()) {
            return new Reply.Given(response.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
