package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request to an engine.
 *
 * @param path below the API's version; its variable parts are encoded
 * @param silenceMax how long the engine may say nothing at all before it is given up
 */
record EngineRequest(
        String method,
        String path,
        Map<String, String> headers,
        @Nullable JsonNode json,
        @Nullable InputStream stream,
        Duration silenceMax) {
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

    /** Looks. {@code {}} in the template stands for the next part. */
    static EngineRequest get(String template, String... parts) {
        return of("GET", template, parts);
    }

    static EngineRequest post(String template, String... parts) {
        return of("POST", template, parts);
    }

    static EngineRequest put(String template, String... parts) {
        return of("PUT", template, parts);
    }

    static EngineRequest delete(String template, String... parts) {
        return of("DELETE", template, parts);
    }

    private static EngineRequest of(String method, String template, String... parts) {
        String path = template;
        for (String part : parts) {
            int hole = path.indexOf("{}");
            path = path.substring(0, hole) + encode(part) + path.substring(hole + 2);
        }
        return new EngineRequest(method, path, Map.of(), null, null, SILENCE_MAX);
    }

    EngineRequest query(String name, String value) {
        String separator = path.indexOf('?') < 0 ? "?" : "&";
        return new EngineRequest(
                method, path + separator + name + "=" + encode(value), headers, json, stream, silenceMax);
    }

    EngineRequest header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new EngineRequest(method, path, more, json, stream, silenceMax);
    }

    EngineRequest json(JsonNode body) {
        return new EngineRequest(method, path, headers, body, null, silenceMax);
    }

    EngineRequest stream(InputStream body) {
        return new EngineRequest(method, path, headers, null, body, silenceMax);
    }

    EngineRequest silentFor(Duration atMost) {
        return new EngineRequest(method, path, headers, json, stream, atMost);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
