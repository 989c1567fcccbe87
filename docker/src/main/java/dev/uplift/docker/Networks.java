package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Optional;

/** The networks of one engine. */
public final class Networks {
    private final EngineHttp http;

    Networks(EngineHttp http) {
        this.http = http;
    }

    /** What the engine says of a network; empty if there is none. */
    public Optional<JsonNode> find(String nameOrId) throws IOException, InterruptedException {
        try {
            return Optional.of(http.call(EngineRequest.get("/networks/{}", nameOrId)));
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
        http.call(EngineRequest.post("/networks/{}/connect", network).json(body));
    }
}
