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
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Asks an application over HTTP how it is. Every question is answered within some seconds: no answer is
 * an answer. No redirect and no proxy is followed. Safe for use by several threads.
 */
public final class NodeProbe implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final int BODY_BYTES_MAX = 2_000_000;
    private static final String NOWHERE = "it does not run";

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

    /** One look at the health endpoint. {@code baseUrl} is empty where nobody answers, here and below. */
    public Health health(Profile profile, Optional<URI> baseUrl) throws InterruptedException {
        if (baseUrl.isEmpty()) {
            return new Health.Failing(NOWHERE);
        }
        Answer answer;
        try {
            answer = get(profile.health().url(baseUrl.get()));
        } catch (IOException e) {
            return new Health.Failing("no answer (" + e.getClass().getSimpleName() + ")");
        }
        return switch (profile.health().read(answer.status(), answer.body())) {
            case HealthReading.Healthy() -> new Health.Healthy();
            case HealthReading.Starting(OptionalDouble progress) -> new Health.Starting(progress);
            case HealthReading.Unhealthy(String reason) -> new Health.Failing(reason);
        };
    }

    /** The version that it says it is. */
    public VersionReading version(Profile profile, Optional<URI> baseUrl) throws InterruptedException {
        if (profile.versionEndpoint().isEmpty()) {
            return new VersionReading.Unreadable("the profile " + profile.name() + " has no version endpoint");
        }
        if (baseUrl.isEmpty()) {
            return new VersionReading.Unreadable(NOWHERE);
        }
        try {
            Answer answer = get(profile.versionEndpoint().get().url(baseUrl.get()));
            return answer.status() == 200
                    ? profile.readVersion(answer.body())
                    : new VersionReading.Unreadable("HTTP " + answer.status());
        } catch (IOException e) {
            return new VersionReading.Unreadable("no answer (" + e.getClass().getSimpleName() + ")");
        }
    }

    /** Whether it works on a database that has been set up. */
    public IdentityReading identity(Profile profile, Optional<URI> baseUrl) throws InterruptedException {
        if (profile.identityProbe().isEmpty()) {
            return new IdentityReading.Unreadable("the profile " + profile.name() + " has no identity probe");
        }
        if (baseUrl.isEmpty()) {
            return new IdentityReading.Unreadable(NOWHERE);
        }
        try {
            Answer answer = get(profile.identityProbe().get().endpoint().url(baseUrl.get()));
            return answer.status() == 200
                    ? profile.readIdentity(answer.body())
                    : new IdentityReading.Unreadable("HTTP " + answer.status());
        } catch (IOException e) {
            return new IdentityReading.Unreadable("no answer (" + e.getClass().getSimpleName() + ")");
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }

    private record Answer(int status, String body) {}

    private Answer get(URI url) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(url)
                .timeout(timeout)
                .header("Accept", "application/json")
                .GET()
                .build();
        HttpResponse<InputStream> response = http.send(
                request, HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofInputStream(), BODY_BYTES_MAX));
        try (InputStream body = response.body()) {
            return new Answer(response.statusCode(), new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
