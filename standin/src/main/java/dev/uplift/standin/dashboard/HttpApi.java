/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.standin.dashboard;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** What the dashboard answers. It listens before the database is looked at. */
final class HttpApi {
    private static final ObjectMapper JSON =
            new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    private static final int ROWS_MAX = 100_000;
    private static final int BODY_BYTES_MAX = 64 * 1024;
    private static final Duration FLAP_PERIOD = Duration.ofSeconds(4);

    private final Release release;
    private final Faults faults;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(16, task -> {
        Thread thread = new Thread(task, "http");
        thread.setDaemon(true);
        return thread;
    });
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile double progress;
    private volatile @Nullable Running running;
    private volatile boolean stopping;

    /** What is known once the start is complete. */
    private record Running(AppDatabase database, Rows rows, long sinceNanos, AtomicInteger healthAnswers) {}

    private record Answer(int status, Object body) {}

    HttpApi(Release release, Faults faults, InetSocketAddress address) throws IOException {
        this.release = release;
        this.faults = faults;
        server = HttpServer.create(address, 128);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** Moves the start on; values only rise. */
    void progress(double value) {
        progress = value;
    }

    void serve(AppDatabase database, Rows rows) {
        progress = 1.0;
        running = new Running(database, rows, System.nanoTime(), new AtomicInteger());
    }

    /** Lets requests in flight end (up to 2 s), then closes the port. */
    void stop() throws InterruptedException {
        stopping = true;
        long deadline = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (inFlight.get() > 0 && System.nanoTime() < deadline) {
            // HttpServer.stop(2) would always take the whole 2 s on Java 17.
            Thread.sleep(5);
        }
        server.stop(0);
    }

    private void handle(HttpExchange exchange) throws IOException {
        inFlight.incrementAndGet();
        try (exchange) {
            Answer answer = answer(exchange);
            boolean text = answer.body() instanceof String;
            byte[] bytes = text
                    ? ((String) answer.body()).getBytes(StandardCharsets.UTF_8)
                    : JSON.writeValueAsBytes(answer.body());
            exchange.getResponseHeaders()
                    .set("Content-Type", text ? "text/plain; charset=utf-8" : "application/json; charset=utf-8");
            exchange.sendResponseHeaders(answer.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        } finally {
            inFlight.decrementAndGet();
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        try {
            if (path.equals("/livez")) {
                return new Answer(200, Map.of("status", "ok"));
            }
            if (path.equals("/api/health") || path.equals("/readyz")) {
                return health();
            }
            Running open = running;
            if (open == null) {
                return path.startsWith("/api/")
                        ? new Answer(503, "Metabase is still initializing. Please sit tight...")
                        : new Answer(200, "Metabase is starting up...");
            }
            if (stopping) {
                return new Answer(503, "stopping");
            }
            return route(exchange.getRequestMethod() + " " + path, exchange, open);
        } catch (SQLException e) {
            Log.error("server", exchange.getRequestMethod() + " " + path + ": " + e.getMessage());
            return new Answer(500, Map.of("message", "database error"));
        }
    }

    private Answer route(String what, HttpExchange exchange, Running open) throws IOException, SQLException {
        if (what.equals("GET /")) {
            return new Answer(200, "Metabase " + release.tag());
        }
        if (what.equals("GET /api/session/properties")) {
            return new Answer(200, properties(open.rows()));
        }
        if (what.equals("GET /api/rows")) {
            Optional<String> writer = query(exchange, "writer");
            return writer.isEmpty()
                    ? bad("writer is missing")
                    : new Answer(200, open.rows().of(writer.get()));
        }
        if (what.equals("POST /api/rows")) {
            JsonNode body = body(exchange);
            String writer = body.path("writer").asText();
            long number = body.path("number").asLong();
            int count = body.path("count").asInt(1);
            if (writer.isBlank() || writer.length() > 200 || number < 1 || count < 1 || count > ROWS_MAX) {
                return bad("writer (1 to 200 characters) and number (from 1) are needed, count is 1 to " + ROWS_MAX);
            }
            boolean added = open.rows().add(writer, number, count);
            return new Answer(added ? 201 : 200, Map.of("writer", writer, "number", number));
        }
        if (what.equals("POST /api/setup")) {
            String email = body(exchange).path("email").asText();
            if (email.isBlank()) {
                return bad("email is missing");
            }
            open.rows().setUp(email);
            return new Answer(200, Map.of("id", 1));
        }
        return new Answer(404, "Not found.");
    }

    private static Answer bad(String message) {
        return new Answer(400, Map.of("message", message));
    }

    private static JsonNode body(HttpExchange exchange) throws IOException {
        try (InputStream in = exchange.getRequestBody()) {
            return JSON.readTree(in.readNBytes(BODY_BYTES_MAX));
        } catch (JacksonException malformed) {
            return JSON.createObjectNode();
        }
    }

    private static Optional<String> query(HttpExchange exchange, String name) {
        String query = exchange.getRequestURI().getRawQuery();
        for (String part : query == null ? new String[0] : query.split("&", -1)) {
            if (part.startsWith(name + "=")) {
                return Optional.of(URLDecoder.decode(part.substring(name.length() + 1), StandardCharsets.UTF_8));
            }
        }
        return Optional.empty();
    }

    private Answer health() {
        Running open = running;
        if (open == null) {
            Map<String, Object> body = new LinkedHashMap<>();
            body.put("status", "initializing");
            body.put("progress", progress);
            return new Answer(503, body);
        }
        if (flapped(open)) {
            return unhealthy("Unable to get app-db connection");
        }
        try (Connection connection = open.database().pooled()) {
            return connection.isValid(2)
                    ? new Answer(200, Map.of("status", "ok"))
                    : unhealthy("Unable to get app-db connection");
        } catch (SQLException e) {
            return unhealthy("Error getting app-db connection");
        }
    }

    private boolean flapped(Running open) {
        if (!faults.on(Fault.HEALTH_FLAPS)) {
            return false;
        }
        long period = faults.duration(Fault.HEALTH_FLAPS, FLAP_PERIOD).toNanos();
        boolean bad = (System.nanoTime() - open.sinceNanos()) % period > period / 2;
        return bad && (open.healthAnswers().getAndIncrement() > 0 || faults.fires(Fault.HEALTH_FLAPS));
    }

    private static Answer unhealthy(String status) {
        return new Answer(503, Map.of("status", status));
    }

    private Map<String, Object> properties(Rows rows) throws SQLException {
        String tag = release.tag();
        if (faults.on(Fault.WRONG_VERSION_ANSWERS)) {
            faults.fires(Fault.WRONG_VERSION_ANSWERS);
            tag = faults.argument(Fault.WRONG_VERSION_ANSWERS)
                    .orElse(tag.substring(0, 3) + (release.major() - 1) + ".0");
        }
        Map<String, Object> version = new LinkedHashMap<>();
        version.put("date", release.date());
        version.put("tag", tag);
        version.put("hash", release.hash());
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("version", version);
        properties.put("has-user-setup", rows.used());
        properties.put("site-name", "Stand-in");
        return properties;
    }
}
