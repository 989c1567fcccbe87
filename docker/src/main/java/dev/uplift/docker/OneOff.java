/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a command of an application once, in a container beside the node's own: the same variables, volumes,
 * networks, user and limits, but no published ports, no names or addresses that belong to the node, no restart,
 * and no labels by which Docker Compose would take it for the service.
 */
public final class OneOff {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> NODES_OWN =
            List.of("ExposedPorts", "Hostname", "Domainname", "MacAddress", "Cmd", "StopTimeout");
    private static final List<String> NODES_OWN_IN_NETWORKS = List.of("IPAMConfig", "Aliases", "MacAddress");
    private static final int LOG_BYTES_MAX = 64 << 10;

    private final Containers containers;
    private final ContainerLogs logs;

    OneOff(Containers containers, ContainerLogs logs) {
        this.containers = containers;
        this.logs = logs;
    }

    /**
     * How it ended.
     *
     * @param exitCode empty: it never began, or was killed because it was not ready in time
     * @param output its last words, both streams; empty where they cannot be read back
     */
    public record Ended(Optional<Integer> exitCode, String output) {}

    /**
     * What to create for a command.
     *
     * @param node how the node itself would be created of the image
     * @param name of the container; it must be free or the one of an earlier try
     * @param arguments what the image's entry point, or the operator's, gets: one element is one argument
     */
    public static CreateRequest request(CreateRequest node, String name, List<String> arguments) {
        ObjectNode body = node.body().deepCopy();
        body.remove(NODES_OWN);
        body.put("Tty", false).put("OpenStdin", false).put("StdinOnce", false).put("AttachStdin", false);
        arguments.forEach(body.withArrayProperty("Cmd")::add);
        body.withObjectProperty("Healthcheck")
                .removeAll()
                .withArrayProperty("Test")
                .add("NONE");
        ObjectNode labels = JSON.objectNode();
        body.path("Labels").properties().forEach(label -> {
            if (!label.getKey().startsWith(ComposeService.LABELS)) {
                labels.set(label.getKey(), label.getValue());
            }
        });
        labels.put(UpliftLabels.PURPOSE, UpliftLabels.COMMAND);
        body.set("Labels", labels);
        ObjectNode hostConfig = body.withObjectProperty("HostConfig");
        hostConfig.remove(List.of("PortBindings", "ContainerIDFile"));
        hostConfig.put("PublishAllPorts", false).put("AutoRemove", false);
        hostConfig.set("RestartPolicy", RestartPolicy.NO.json());
        body.path("NetworkingConfig").path("EndpointsConfig").forEach(OneOff::anonymous);
        Map<String, JsonNode> further = new LinkedHashMap<>();
        node.furtherNetworks().forEach((network, endpoint) -> {
            JsonNode copy = endpoint.deepCopy();
            anonymous(copy);
            further.put(network, copy);
        });
        return new CreateRequest(name, node.platform(), body, further);
    }

    /**
     * Creates and starts it. An earlier try that was broken off is gone on with: what ended is not run again.
     *
     * @return the id of the container
     */
    public String begin(CreateRequest request) throws IOException, InterruptedException {
        String id = containers.create(request);
        if (containers.inspect(id).status().equals("created")) {
            containers.start(id);
        }
        return id;
    }

    /**
     * Waits for its end and removes it. One that never began is only removed.
     *
     * @param atMost after which it is killed
     */
    public Ended end(String id, Duration atMost) throws IOException, InterruptedException {
        if (containers.inspect(id).status().equals("created")) {
            containers.remove(id);
            return new Ended(Optional.empty(), "");
        }
        Optional<Integer> exitCode = containers.awaitExit(id, atMost);
        if (exitCode.isEmpty()) {
            containers.kill(id);
            containers.awaitExit(id, Duration.ofSeconds(30));
        }
        String output = logs.since(containers.inspect(id), Optional.empty(), LOG_BYTES_MAX)
                .orElse("");
        containers.remove(id);
        return new Ended(exitCode, output);
    }

    private static void anonymous(JsonNode endpoint) {
        if (endpoint instanceof ObjectNode object) {
            object.remove(NODES_OWN_IN_NETWORKS);
        }
    }
}
