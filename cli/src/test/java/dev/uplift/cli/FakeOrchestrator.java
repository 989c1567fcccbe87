/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.Page;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Answers on loopback what the orchestrator's REST would, from what the test has put in. */
final class FakeOrchestrator implements AutoCloseable {
    private static final String API = "/api/v1";

    private final HttpServer server;
    private final Map<String, UpgradeStatus> upgrades = new ConcurrentHashMap<>();
    private final Map<String, String> installations = new ConcurrentHashMap<>();
    private final List<OutputStream> listeners = new CopyOnWriteArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger eventIds = new AtomicInteger(100);
    private final Queue<Canned> canned = new ConcurrentLinkedQueue<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private volatile int feedAnswer = 200;
    private volatile @Nullable DiscoveryStatus discovery;

    private record Canned(int status, String body) {}

    FakeOrchestrator() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(API, this::answer);
        server.start();
    }

    URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** What REST says of it from now on; the feed does not tell. */
    void put(UpgradeStatus status) {
        upgrades.put(status.id().toString(), status);
        installations.put(
                status.installation(),
                json(new InstallationStatus(
                        status.installationId(),
                        status.installation(),
                        InstallationStatus.State.UPGRADING,
                        1,
                        1,
                        null,
                        null,
                        List.of(),
                        null,
                        status.leftOut(),
                        status.state().isFinal() ? null : status.id(),
                        Upgrades.BEGAN)));
    }

    /** As {@link #put}, and told to all who listen. */
    void tell(UpgradeStatus status) {
        put(status);
        String event = "event:" + MessageType.UPGRADE_STATUS + "\nid:" + eventIds.incrementAndGet() + "\ndata:"
                + json(status) + "\n\n";
        listeners.forEach(listener -> write(listener, event));
    }

    /** How many listen to the feed. */
    int listenerCount() {
        return listeners.size();
    }

    /** What a search ends with, on whatever host; it begins as one under way. */
    void discover(DiscoveryStatus ended) {
        discovery = ended;
    }

    /** What one more POST is answered; a 503 asks for a second of patience. */
    void answerNext(int status, String body) {
        canned.add(new Canned(status, body));
    }

    /** What was sent to be answered so. */
    List<String> bodies() {
        return List.copyOf(bodies);
    }

    /** Cuts everybody off. */
    void cutFeed() {
        List<OutputStream> cut = List.copyOf(listeners);
        listeners.removeAll(cut);
        for (OutputStream listener : cut) {
            try {
                listener.close();
            } catch (IOException e) {
                // It is cut off all the more.
            }
        }
    }

    /** What whoever wants to listen is answered from now on. */
    void answerFeed(int status) {
        feedAnswer = status;
    }

    /** Method and path of all requests, in order; one to the feed with its Last-Event-ID. */
    List<String> requests() {
        return List.copyOf(requests);
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath().substring(API.length());
        String lastEventId = exchange.getRequestHeaders().getFirst("Last-Event-ID");
        requests.add(exchange.getRequestMethod() + " " + path + (lastEventId == null ? "" : " after " + lastEventId));
        if (path.equals("/events")) {
            listen(exchange);
            return;
        }
        Canned next = exchange.getRequestMethod().equals("POST") ? canned.poll() : null;
        if (next != null) {
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (next.status() == 503) {
                exchange.getResponseHeaders().add("Retry-After", "1");
            }
            answer(exchange, next.status(), next.body());
            return;
        }
        String body = found(path, exchange.getRequestURI().getQuery());
        answer(exchange, body == null ? 404 : 200, body == null ? "{\"detail\":\"nothing is at " + path + "\"}" : body);
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private @Nullable String found(String path, @Nullable String query) {
        String[] parts = path.split("/", -1);
        return switch (parts[1]) {
            case "installations" -> parts.length > 2 ? installations.get(parts[2]) : page(List.of());
            case "upgrades" -> parts.length > 2 ? jsonOrNull(upgrades.get(parts[2])) : page(listed(query));
            case "incidents" -> page(List.of());
            case "hosts" -> jsonOrNull(parts.length > 4 ? discovery : searching(discovery));
            default -> null;
        };
    }

    private static @Nullable DiscoveryStatus searching(@Nullable DiscoveryStatus ended) {
        return ended == null
                ? null
                : new DiscoveryStatus(
                        ended.id(),
                        ended.host(),
                        ended.site(),
                        DiscoveryStatus.State.SEARCHING,
                        List.of(),
                        List.of(),
                        null,
                        ended.askedAt());
    }

    private List<UpgradeStatus> listed(@Nullable String query) {
        List<UpgradeStatus> listed = new ArrayList<>();
        for (UpgradeStatus upgrade : upgrades.values()) {
            boolean wanted = query == null
                    || Stream.of(State.values())
                            .filter(state -> query.contains("state=" + state + "&") || query.endsWith("state=" + state))
                            .allMatch(state -> state == upgrade.state());
            if (wanted) {
                listed.add(upgrade);
            }
        }
        return listed;
    }

    private void listen(HttpExchange exchange) throws IOException {
        if (feedAnswer != 200) {
            exchange.sendResponseHeaders(feedAnswer, -1);
            exchange.close();
            return;
        }
        exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        write(exchange.getResponseBody(), ": here you are\n\n");
        listeners.add(exchange.getResponseBody());
    }

    private static void write(OutputStream listener, String text) {
        try {
            listener.write(text.getBytes(StandardCharsets.UTF_8));
            listener.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String page(List<?> content) {
        return json(new Page<>(content, content.size(), 0, 500));
    }

    private static @Nullable String jsonOrNull(@Nullable Object value) {
        return value == null ? null : json(value);
    }

    private static String json(Object value) {
        try {
            return Json.mapper().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
