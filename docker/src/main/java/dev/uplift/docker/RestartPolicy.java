/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;

/**
 * When the engine starts a container again by itself.
 *
 * @param name {@code no}, {@code always}, {@code unless-stopped} or {@code on-failure}
 * @param retriesMax of {@code on-failure}; 0: without end
 */
public record RestartPolicy(String name, int retriesMax) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** It never does. */
    public static final RestartPolicy NO = new RestartPolicy("no", 0);

    static RestartPolicy of(JsonNode json) {
        String name = json.path("Name").asText("");
        return name.isEmpty()
                ? NO
                : new RestartPolicy(name, json.path("MaximumRetryCount").asInt());
    }

    /** For docker-java, whose own {@code no} has an empty name: the engine takes that for no wish at all. */
    com.github.dockerjava.api.model.RestartPolicy toModel() {
        return JSON.convertValue(json(), com.github.dockerjava.api.model.RestartPolicy.class);
    }

    JsonNode json() {
        return JsonNodeFactory.instance.objectNode().put("Name", name).put("MaximumRetryCount", retriesMax);
    }
}
