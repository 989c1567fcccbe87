/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.dockerjava.api.model.Network;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The networks of one engine. */
public final class Networks {
    private final EngineClient client;

    Networks(EngineClient client) {
        this.client = client;
    }

    /** The host's own address in the engine's first network; empty if it has none there. */
    Optional<String> gateway() throws IOException, InterruptedException {
        try {
            Network bridge = client.ask(
                    docker -> docker.inspectNetworkCmd().withNetworkId("bridge").exec());
            return Stream.ofNullable(bridge.getIpam())
                    .flatMap(ipam -> Stream.ofNullable(ipam.getConfig()))
                    .flatMap(List::stream)
                    .flatMap(config -> Stream.ofNullable(config.getGateway()))
                    .filter(address -> !address.isEmpty())
                    .findFirst();
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Makes sure that a container is in a network.
     *
     * @param endpoint its aliases, static addresses and the like, as the engine writes them; left alone if
     *     the container is in the network already
     */
    public void connect(ContainerInspection container, String network, JsonNode endpoint)
            throws IOException, InterruptedException {
        if (container.raw().path("NetworkSettings").path("Networks").has(network)) {
            return;
        }
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("Container", container.id());
        body.set("EndpointConfig", endpoint);
        client.call(EngineRequest.post("/networks/{}/connect", network).json(body));
    }
}
