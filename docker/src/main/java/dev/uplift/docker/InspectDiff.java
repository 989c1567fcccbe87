/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Names every difference between two containers that somebody set or inherited. What containers cannot
 * share is left out: ids, times, state, paths of the engine, addresses that were given and not asked for.
 */
public final class InspectDiff {
    private static final Set<String> NOBODYS = Set.of(
            "/Id",
            "/Created",
            "/State",
            "/ResolvConfPath",
            "/HostnamePath",
            "/HostsPath",
            "/LogPath",
            "/RestartCount",
            "/MountLabel",
            "/ProcessLabel",
            "/ExecIDs",
            "/GraphDriver",
            "/SizeRw",
            "/SizeRootFs",
            "/ImageManifestDescriptor",
            "/NetworkSettings/Bridge",
            "/NetworkSettings/SandboxID",
            "/NetworkSettings/SandboxKey",
            "/NetworkSettings/EndpointID",
            "/NetworkSettings/Gateway",
            "/NetworkSettings/IPAddress",
            "/NetworkSettings/IPPrefixLen",
            "/NetworkSettings/IPv6Gateway",
            "/NetworkSettings/GlobalIPv6Address",
            "/NetworkSettings/GlobalIPv6PrefixLen",
            "/NetworkSettings/MacAddress",
            "/NetworkSettings/LinkLocalIPv6Address",
            "/NetworkSettings/LinkLocalIPv6PrefixLen",
            "/NetworkSettings/Ports");
    private static final Set<String> NOBODYS_OF_ENDPOINTS = Set.of(
            "EndpointID",
            "Gateway",
            "IPAddress",
            "IPPrefixLen",
            "IPv6Gateway",
            "GlobalIPv6Address",
            "GlobalIPv6PrefixLen",
            "MacAddress",
            "DNSNames");

    private InspectDiff() {}

    /**
     * One difference.
     *
     * @param path such as {@code /HostConfig/Memory} or {@code /Config/Env/MB_DB_HOST}
     * @param before missing where it is new
     * @param after missing where it is gone
     */
    public record Difference(String path, JsonNode before, JsonNode after) {
        @Override
        public String toString() {
            return path + ": " + before + " -> " + after;
        }
    }

    /** All differences, in the order of their paths. Lists whose order means nothing are compared as sets. */
    public static List<Difference> between(ContainerInspection before, ContainerInspection after) {
        Map<String, JsonNode> left = leaves(before);
        Map<String, JsonNode> right = leaves(after);
        Set<String> paths = new TreeSet<>(left.keySet());
        paths.addAll(right.keySet());
        List<Difference> differences = new ArrayList<>();
        for (String path : paths) {
            JsonNode was = left.getOrDefault(path, MissingNode.getInstance());
            JsonNode is = right.getOrDefault(path, MissingNode.getInstance());
            if (!Objects.equals(was, is)) {
                differences.add(new Difference(path, was, is));
            }
        }
        return differences;
    }

    private static Map<String, JsonNode> leaves(ContainerInspection container) {
        Map<String, JsonNode> leaves = new TreeMap<>();
        collect("", container.raw(), container, leaves);
        return leaves;
    }

    private static void collect(
            String path, JsonNode node, ContainerInspection container, Map<String, JsonNode> leaves) {
        if (NOBODYS.contains(path) || nobodysOfEndpoint(path)) {
            return;
        }
        switch (node) {
            case ObjectNode object
            when !object.isEmpty() ->
                object.properties()
                        .forEach(field -> collect(path + "/" + field.getKey(), field.getValue(), container, leaves));
            case ArrayNode list when path.equals("/Config/Env") -> list.forEach(entry -> entry(path, entry, leaves));
            case ArrayNode list
            when path.equals("/Mounts") ->
                list.forEach(
                        mount -> collect(path + "/" + mount.path("Destination").asText(), mount, container, leaves));
            case ArrayNode list
            when !ordered(path) ->
                list.forEach(entry -> {
                    if (!entry.asText().equals(container.shortId())) {
                        leaves.put(path + "/[" + (entry.isTextual() ? entry.asText() : entry) + "]", entry);
                    }
                });
            default -> {
                boolean auto = path.equals("/Config/Hostname") && node.asText().equals(container.shortId());
                boolean nothing = node.isNull() || (node.isContainerNode() && node.isEmpty());
                if (!auto && !nothing) {
                    leaves.put(path, node);
                }
            }
        }
    }

    private static void entry(String path, JsonNode entry, Map<String, JsonNode> leaves) {
        String text = entry.asText();
        int equals = text.indexOf('=');
        leaves.put(path + "/" + (equals < 0 ? text : text.substring(0, equals)), entry);
    }

    private static boolean ordered(String path) {
        return path.equals("/Config/Cmd")
                || path.equals("/Config/Entrypoint")
                || path.equals("/Args")
                || path.equals("/Config/Healthcheck/Test")
                || path.equals("/Config/Shell")
                || path.startsWith("/HostConfig/Dns");
    }

    private static boolean nobodysOfEndpoint(String path) {
        if (!path.startsWith("/NetworkSettings/Networks/")) {
            return false;
        }
        return NOBODYS_OF_ENDPOINTS.contains(path.substring(path.lastIndexOf('/') + 1))
                && path.chars().filter(c -> c == '/').count() == 4;
    }
}
