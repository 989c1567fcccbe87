/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Set;

/** Attaches volumes again that nobody gave a name, or that came from another container, by the engine's name of them. */
final class NamelessVolumes {
    private NamelessVolumes() {}

    /**
     * Names every volume that a container has and its settings do not.
     *
     * @param hostConfig is changed
     * @param mounts what the container has
     */
    static void attach(ObjectNode hostConfig, JsonNode mounts) {
        ArrayNode binds = JsonNodeFactory.instance.arrayNode();
        Set<String> covered = new HashSet<>();
        for (JsonNode bind : hostConfig.path("Binds")) {
            String[] parts = bind.asText().split(":", 3);
            if (parts.length > 1) {
                binds.add(bind);
                covered.add(clean(parts[1]));
            }
        }
        for (JsonNode mount : hostConfig.path("Mounts")) {
            String target = clean(mount.path("Target").asText());
            if (mount instanceof ObjectNode nameless
                    && mount.path("Type").asText().equals("volume")
                    && mount.path("Source").asText("").isEmpty()) {
                for (JsonNode had : mounts) {
                    if (isVolume(had) && clean(had.path("Destination").asText()).equals(target)) {
                        nameless.put("Source", had.path("Name").asText());
                    }
                }
            }
            covered.add(target);
        }
        for (JsonNode had : mounts) {
            String destination = had.path("Destination").asText();
            if (isVolume(had) && covered.add(clean(destination))) {
                boolean readOnly = !had.path("RW").asBoolean(true);
                binds.add(had.path("Name").asText() + ":" + destination + (readOnly ? ":ro" : ""));
            }
        }
        if (!binds.isEmpty() || hostConfig.path("Binds").isArray()) {
            hostConfig.set("Binds", binds);
        }
    }

    private static boolean isVolume(JsonNode mount) {
        return mount.path("Type").asText().equals("volume")
                && !mount.path("Name").asText("").isEmpty();
    }

    private static String clean(String path) {
        String slashes = path.replaceAll("/+", "/");
        return slashes.length() > 1 && slashes.endsWith("/") ? slashes.substring(0, slashes.length() - 1) : slashes;
    }
}
