/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A container at one moment.
 *
 * @param raw the engine's own words: {@code GET /containers/ID/json}
 */
public record ContainerInspection(JsonNode raw) {
    private static final int SHORT_ID_LENGTH = 12;

    /** The id, in full. */
    public String id() {
        return raw.path("Id").asText();
    }

    /** The first 12 characters of the id, as {@code docker ps} shows it. */
    public String shortId() {
        return id().substring(0, SHORT_ID_LENGTH);
    }

    /** The name, without the engine's leading slash. */
    public String name() {
        String name = raw.path("Name").asText();
        return name.startsWith("/") ? name.substring(1) : name;
    }

    /** Such as {@code running}, {@code created}, {@code exited}, {@code restarting}, {@code paused}, {@code dead}. */
    public String status() {
        return raw.path("State").path("Status").asText();
    }

    /** Whether there is, or at once may be again, a process of it. */
    public boolean lives() {
        JsonNode state = raw.path("State");
        return state.path("Running").asBoolean()
                || state.path("Restarting").asBoolean()
                || state.path("Paused").asBoolean()
                || pid() != 0;
    }

    /** The process id on the engine's host of its first process; 0 if it does not run. */
    public long pid() {
        return raw.path("State").path("Pid").asLong();
    }

    /** How its first process ended the last time; 0 if it never did. */
    public int exitCode() {
        return raw.path("State").path("ExitCode").asInt();
    }

    /** When it was started the last time, as the engine writes it; tells one run from the next. */
    public String startedAt() {
        return raw.path("State").path("StartedAt").asText();
    }

    /** The id of its image. */
    public String imageId() {
        return raw.path("Image").asText();
    }

    /** The image as it was named when the container was created. */
    public String imageName() {
        return raw.path("Config").path("Image").asText();
    }

    public Map<String, String> labels() {
        return texts(raw.path("Config").path("Labels"));
    }

    /** Its variables, those of its image included. One without {@code =} is left out: it unsets. */
    public Map<String, String> environment() {
        Map<String, String> environment = new LinkedHashMap<>();
        for (JsonNode variable : raw.path("Config").path("Env")) {
            int equals = variable.asText().indexOf('=');
            if (equals > 0) {
                environment.put(
                        variable.asText().substring(0, equals),
                        variable.asText().substring(equals + 1));
            }
        }
        return environment;
    }

    public RestartPolicy restartPolicy() {
        return RestartPolicy.of(raw.path("HostConfig").path("RestartPolicy"));
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> texts = new LinkedHashMap<>();
        object.properties()
                .forEach(field -> texts.put(field.getKey(), field.getValue().asText()));
        return texts;
    }
}
