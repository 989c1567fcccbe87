/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an operator wanted of a container's networks.
 *
 * @param mode the network mode to use instead of the container's, if it has left the network that it names
 * @param first the network to be created with: at most one
 * @param further the other ones
 */
record EndpointWishes(Optional<String> mode, Map<String, JsonNode> first, Map<String, JsonNode> further) {
    /** What the engine says of an endpoint, as opposed to what it was told. */
    private static final List<String> RESULTS = List.of(
            "NetworkID",
            "EndpointID",
            "Gateway",
            "IPAddress",
            "IPPrefixLen",
            "IPv6Gateway",
            "GlobalIPv6Address",
            "GlobalIPv6PrefixLen",
            "MacAddress",
            "DNSNames");

    static EndpointWishes of(ContainerInspection container) {
        String mode = container.raw().path("HostConfig").path("NetworkMode").asText();
        JsonNode networks = container.raw().path("NetworkSettings").path("Networks");
        if (mode.equals("host") || mode.equals("none") || mode.startsWith("container:")) {
            return new EndpointWishes(Optional.empty(), Map.of(), Map.of());
        }
        if (networks.isEmpty()) {
            return new EndpointWishes(Optional.of("none"), Map.of(), Map.of());
        }
        Map<String, JsonNode> first = new LinkedHashMap<>();
        Map<String, JsonNode> further = new LinkedHashMap<>();
        networks.properties().forEach(network -> {
            boolean isMode = first.isEmpty() && isMode(mode, network.getKey(), network.getValue());
            (isMode ? first : further).put(network.getKey(), wishes(container, network.getValue()));
        });
        if (!first.isEmpty()) {
            return new EndpointWishes(Optional.empty(), first, further);
        }
        String instead = further.keySet().iterator().next();
        Map<String, JsonNode> rest = new LinkedHashMap<>(further);
        JsonNode endpoint = rest.remove(instead);
        return new EndpointWishes(Optional.of(instead), Map.of(instead, endpoint), rest);
    }

    private static boolean isMode(String mode, String name, JsonNode endpoint) {
        String id = endpoint.path("NetworkID").asText("");
        return name.equals(mode)
                || (name.equals("bridge") && (mode.isEmpty() || mode.equals("default")))
                || (!id.isEmpty() && id.equals(mode));
    }

    private static JsonNode wishes(ContainerInspection container, JsonNode endpoint) {
        ObjectNode wishes = endpoint.deepCopy();
        wishes.remove(RESULTS);
        if (wishes.get("Aliases") instanceof ArrayNode aliases) {
            for (int i = aliases.size() - 1; i >= 0; i--) {
                if (aliases.get(i).asText().equals(container.shortId())) {
                    aliases.remove(i);
                }
            }
            if (aliases.isEmpty()) {
                wishes.remove("Aliases");
            }
        }
        wishes.properties().removeIf(wish -> wish.getValue().isNull());
        return wishes;
    }
}
