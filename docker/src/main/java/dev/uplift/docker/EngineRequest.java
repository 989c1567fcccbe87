/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request to an engine that none of docker-java's commands would carry without a loss:
 *
 * <ul>
 *   <li>a container or an image is inspected, a container created and put into a network: docker-java's model of them
 *       loses what it does not know below the first level, and refuses a container that it does not understand a word of;
 *   <li>a digest is asked for: docker-java has no command for it;
 *   <li>a container's log is read: docker-java's marks are whole seconds;
 *   <li>an image's name is removed: docker-java writes it into the path as it is, where an IPv6 address cannot stand.
 * </ul>
 *
 * @param path below the API's version; its variable parts are encoded
 * @param silenceMax how long the engine may say nothing at all before it is given up
 */
record EngineRequest(
        String method,
        String path,
        Map<String, String> headers,
        @Nullable JsonNode json,
        Duration silenceMax) {
    private static final Pattern ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    /**
     * The id or name of a container for a command of docker-java, which may write it into a path as it is.
     *
     * @throws DockerException if it is none
     */
    static String id(String text) throws DockerException {
        if (!ID.matcher(text).matches()) {
            throw new DockerException("'" + text.replaceAll("\\p{Cntrl}", "?") + "' is no container's id");
        }
        return text;
    }

    /** Looks. {@code {}} in the template stands for the next part. */
    static EngineRequest get(String template, String... parts) {
        return of("GET", template, parts);
    }

    static EngineRequest post(String template, String... parts) {
        return of("POST", template, parts);
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
        return new EngineRequest(method, path, Map.of(), null, EngineClient.SILENCE_MAX);
    }

    EngineRequest query(String name, String value) {
        String separator = path.indexOf('?') < 0 ? "?" : "&";
        return new EngineRequest(method, path + separator + name + "=" + encode(value), headers, json, silenceMax);
    }

    EngineRequest header(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(name, value);
        return new EngineRequest(method, path, more, json, silenceMax);
    }

    EngineRequest json(JsonNode body) {
        return new EngineRequest(method, path, headers, body, silenceMax);
    }

    EngineRequest silentFor(Duration atMost) {
        return new EngineRequest(method, path, headers, json, atMost);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
