/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Incident;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.AddNode;
import dev.uplift.contract.api.BackupEntry;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.contract.api.ReleaseEntry;
import dev.uplift.contract.api.RequestRestore;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The orchestrator's REST. Every call fails with {@link CommandFailedException} if it is refused or nobody answers. */
public final class Api {
    private static final Duration REQUEST_MAX = Duration.ofSeconds(30);
    private static final int PAGE = 500;
    private static final int UNAVAILABLE = 503;
    private static final String ACCEPTED = "request.accepted";

    /** With the pause that the orchestrator asks for, a minute. */
    private static final int REPEATS_MAX = 12;

    private static final int PAUSE_SECONDS = 5;

    private final URI server;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    public Api(URI server) {
        this.server = server;
    }

    InstallationStatus register(RegisterInstallation registration) {
        return call("POST", "/installations", registration, new TypeReference<>() {});
    }

    InstallationStatus addNode(String nameOrId, AddNode node) {
        return call("POST", "/installations/" + encoded(nameOrId) + "/nodes", node, new TypeReference<>() {});
    }

    FenceTakingStatus takeFence(String nameOrId, Reason wish) {
        return call("POST", "/installations/" + encoded(nameOrId) + "/fence", wish, new TypeReference<>() {});
    }

    List<FenceTakingStatus> fences(String nameOrId) {
        return call("GET", "/installations/" + encoded(nameOrId) + "/fence", null, new TypeReference<>() {});
    }

    void forgetNode(String nameOrId, String node) {
        send("DELETE", "/installations/" + encoded(nameOrId) + "/nodes/" + encoded(node), null);
    }

    void forget(String nameOrId) {
        send("DELETE", "/installations/" + encoded(nameOrId), null);
    }

    InstallationStatus installation(String nameOrId) {
        return call("GET", "/installations/" + encoded(nameOrId), null, new TypeReference<>() {});
    }

    /** All with this in their name; empty: all. */
    List<InstallationStatus> installations(String q) {
        return all("/installations?sort=name&q=" + encoded(q), new TypeReference<>() {});
    }

    long installationCount() {
        return call("GET", "/installations?limit=1", null, new TypeReference<Page<InstallationStatus>>() {})
                .total();
    }

    HostEntry addHost(HostEntry host) {
        return call("POST", "/hosts", host, new TypeReference<>() {});
    }

    HostEntry replaceHost(HostEntry host) {
        return call("PUT", "/hosts/" + encoded(host.host().name()), host, new TypeReference<>() {});
    }

    void removeHost(String name) {
        send("DELETE", "/hosts/" + encoded(name), null);
    }

    List<HostEntry> hosts() {
        return all("/hosts?sort=name", new TypeReference<>() {});
    }

    /** Begins to look what runs on a host, {@code local} included. */
    DiscoveryStatus discover(String host, @Nullable String site) {
        return call(
                "POST",
                "/hosts/" + encoded(host) + "/discoveries" + (site == null ? "" : "?site=" + encoded(site)),
                null,
                new TypeReference<>() {});
    }

    DiscoveryStatus discovery(String host, UUID id) {
        return call("GET", "/hosts/" + encoded(host) + "/discoveries/" + id, null, new TypeReference<>() {});
    }

    /** What happens, from now on; to be closed. */
    EventStream events() {
        return new EventStream(http, URI.create(server + "/api/v1/events"));
    }

    AcceptedSagas upgrade(UpgradeRequested request) {
        return call("POST", "/upgrades", request, new TypeReference<>() {});
    }

    AcceptedSagas plan(UpgradeRequested request) {
        return call("POST", "/plans", request, new TypeReference<>() {});
    }

    AcceptedSagas restore(RequestRestore request) {
        return call("POST", "/restores", request, new TypeReference<>() {});
    }

    UpgradeStatus upgrade(UUID id) {
        return call("GET", "/upgrades/" + id, null, new TypeReference<>() {});
    }

    UpgradeStatus planned(UUID id) {
        return call("GET", "/plans/" + id, null, new TypeReference<>() {});
    }

    /** The latest of one installation; empty: of all. */
    public Page<UpgradeStatus> upgrades(String installation, int limit) {
        return call(
                "GET",
                "/upgrades?limit=" + limit + "&installation=" + encoded(installation),
                null,
                new TypeReference<>() {});
    }

    /** All that are in this state, of one installation; empty: of all. */
    List<UpgradeStatus> upgrades(String installation, State state) {
        return all(
                "/upgrades?sort=startedAt&state=" + state + "&installation=" + encoded(installation),
                new TypeReference<>() {});
    }

    UpgradeStatus cancel(UUID id) {
        return call("POST", "/upgrades/" + id + "/cancel", null, new TypeReference<>() {});
    }

    UpgradeStatus retry(UUID id) {
        return call("POST", "/upgrades/" + id + "/retry", null, new TypeReference<>() {});
    }

    /** All of one installation, the newest first; empty: of all. */
    List<BackupEntry> backups(String installation) {
        return all("/backups?sort=takenAt:desc&installation=" + encoded(installation), new TypeReference<>() {});
    }

    /** What upgrades were completed with, the newest first; {@code q}: part of a profile, version or hash, empty: all. */
    List<ReleaseEntry> releases(String q) {
        return all("/releases?sort=completedAt:desc&q=" + encoded(q), new TypeReference<>() {});
    }

    List<ReleaseEntry> forgetRelease(String sha256, Reason request) {
        return call("POST", "/releases/" + encoded(sha256) + "/forget", request, new TypeReference<>() {});
    }

    Page<Incident> incidents(int limit) {
        return call("GET", "/incidents?limit=" + limit, null, new TypeReference<>() {});
    }

    /** Every page of a list. */
    private <T> List<T> all(String path, TypeReference<Page<T>> type) {
        List<T> all = new ArrayList<>();
        Page<T> page;
        do {
            page = call("GET", path + "&limit=" + PAGE + "&offset=" + all.size(), null, type);
            all.addAll(page.content());
        } while (!page.content().isEmpty() && all.size() < page.total());
        return all;
    }

    private <T> T call(String method, String path, @Nullable Object body, TypeReference<T> type) {
        String answer = send(method, path, body);
        try {
            return Json.mapper().readValue(answer, type);
        } catch (JacksonException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    server + " does not answer as this version of Uplift expects: " + e.getOriginalMessage());
        }
    }

    private String send(String method, String path, @Nullable Object body) {
        HttpResponse<String> response = exchange(method, path, body);
        if (response.statusCode() == UNAVAILABLE && ACCEPTED.equals(member(response, "code"))) {
            response = repeat(method, path, body, response);
        }
        if (response.statusCode() >= 400) {
            throw new CommandFailedException(
                    response.statusCode() >= 500 ? ExitCode.UNAVAILABLE : ExitCode.FAILED, problem(response));
        }
        return response.body();
    }

    /** The same again, which begins nothing twice, until the answer to what was accepted comes. */
    private HttpResponse<String> repeat(
            String method, String path, @Nullable Object body, HttpResponse<String> accepted) {
        HttpResponse<String> last = accepted;
        for (int attempt = 1; attempt <= REPEATS_MAX; attempt++) {
            try {
                // Nobody tells when the answer is there.
                Thread.sleep(pause(last));
                last = exchange(method, path, body);
                if (last.statusCode() != UNAVAILABLE) {
                    return last;
                }
            } catch (CommandFailedException e) {
                // An orchestrator that is away for a moment forgets nothing.
                last = accepted;
            } catch (InterruptedException e) {
                throw interrupted();
            }
        }
        throw new CommandFailedException(
                ExitCode.UNAVAILABLE,
                "it was accepted and goes on by itself, but the orchestrator cannot say yet what became of it:"
                        + " look with `uplift list` and `uplift status`");
    }

    private static Duration pause(HttpResponse<String> response) {
        long seconds = PAUSE_SECONDS;
        try {
            seconds = response.headers().firstValueAsLong("Retry-After").orElse(PAUSE_SECONDS);
        } catch (NumberFormatException e) {
            // A date: the usual pause has to do.
        }
        return Duration.ofSeconds(Math.clamp(seconds, 1, PAUSE_SECONDS));
    }

    private static CommandFailedException interrupted() {
        Thread.currentThread().interrupt();
        return new CommandFailedException(ExitCode.FAILED, "interrupted");
    }

    private HttpResponse<String> exchange(String method, String path, @Nullable Object body) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + "/api/v1" + path))
                    .timeout(REQUEST_MAX)
                    .header("Accept", "application/json, application/problem+json");
            if (body == null) {
                request.method(method, BodyPublishers.noBody());
            } else {
                request.header("Content-Type", "application/json")
                        .method(method, BodyPublishers.ofByteArray(Json.mapper().writeValueAsBytes(body)));
            }
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (HttpConnectTimeoutException e) {
            throw unreachable();
        } catch (HttpTimeoutException e) {
            throw new CommandFailedException(
                    ExitCode.UNAVAILABLE,
                    server + " has not answered within " + REQUEST_MAX.toSeconds()
                            + " s; what was asked for may still happen: look with `uplift status`");
        } catch (IOException e) {
            throw unreachable();
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private CommandFailedException unreachable() {
        return new CommandFailedException(
                ExitCode.UNAVAILABLE,
                "no orchestrator answers at " + server + "; `uplift up` starts one here, --server names another");
    }

    private static String problem(HttpResponse<String> response) {
        String detail = member(response, "detail");
        String said = detail.isEmpty() ? member(response, "title") : detail;
        return said.isEmpty() ? "the orchestrator answered " + response.statusCode() : said;
    }

    /** Of a problem document; empty: it has none, or is no such document. */
    private static String member(HttpResponse<String> response, String name) {
        try {
            return Json.mapper().readTree(response.body()).path(name).asText("");
        } catch (JacksonException e) {
            return "";
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
