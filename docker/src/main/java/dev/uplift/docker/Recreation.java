/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The same container of another image: everything that its operator set is kept, and nothing that it only
 * inherited from its old image.
 *
 * <p>When a container is created, the engine copies the image's settings into the container's where the
 * operator said nothing; afterwards the two look alike. So a setting counts as inherited if it is what the
 * old image says, and as the operator's otherwise. The rules are those of the engine, field by field:
 *
 * <ol>
 *   <li>{@code User}, {@code WorkingDir}, {@code StopSignal} and each field of {@code Healthcheck}: inherited
 *       where equal. {@code Env} and {@code Labels}: entry by entry. {@code ExposedPorts} and
 *       {@code Volumes}: the ones the old image has. Labels of Docker Compose always stay, since compose
 *       also writes some into the images that it builds.
 *   <li>{@code Entrypoint} and {@code Cmd} belong together: a command is inherited only with the entry point.
 *   <li>A host name that is the short id, or the host's in its network, was nobody's wish.
 *   <li>Volumes without a name are attached again, by the name that the engine gave them.
 *   <li>Of networks the wishes stay (aliases, static addresses, links, driver options), not what they led to
 *       (addresses, ids, the short id among the aliases).
 *   <li>Everything else is handed on word for word, also what this class has never heard of.
 * </ol>
 */
public final class Recreation {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final List<String> INHERITED = List.of("User", "WorkingDir", "StopSignal", "Shell");
    private static final List<String> HEALTH =
            List.of("Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries");

    private final ContainerInspection container;
    private final ImageInspection oldImage;
    private final String engineHost;

    /**
     * Of a container.
     *
     * @param oldImage the image that the container was created of
     * @param engineHost the engine's {@code Name}, the host name that containers in the host's network show
     */
    public Recreation(ContainerInspection container, ImageInspection oldImage, String engineHost) {
        if (!container.imageId().equals(oldImage.id())) {
            throw new IllegalArgumentException(container.name() + " is not a container of " + oldImage.id());
        }
        this.container = container;
        this.oldImage = oldImage;
        this.engineHost = engineHost;
    }

    /**
     * What to create. It will not be started by the engine itself: its restart policy is {@code no}.
     *
     * @param image the new one's name
     * @param labels ours; those of an earlier upgrade are dropped
     */
    public CreateRequest of(ImageReference image, Map<String, String> labels) {
        ObjectNode body = config();
        body.put("Image", image.toString());
        ObjectNode labelled = body.withObjectProperty("Labels");
        labels.forEach(labelled::put);
        ObjectNode hostConfig = hostConfig();
        EndpointWishes networks = EndpointWishes.of(container);
        networks.mode().ifPresent(mode -> hostConfig.put("NetworkMode", mode));
        body.set("HostConfig", hostConfig);
        if (!networks.first().isEmpty()) {
            ObjectNode endpoints = body.withObjectProperty("NetworkingConfig").withObjectProperty("EndpointsConfig");
            networks.first().forEach(endpoints::set);
        }
        return new CreateRequest(container.name(), oldImage.platform(), body, networks.further());
    }

    private ObjectNode config() {
        ObjectNode config = container.raw().path("Config").deepCopy();
        JsonNode image = oldImage.config();
        for (String field : INHERITED) {
            if (config.path(field).equals(image.path(field))) {
                config.remove(field);
            }
        }
        config.set("Env", without(config.path("Env"), image.path("Env")));
        keepOwn(config, image);
        command(config, image);
        health(config, image);
        labels(config, image);
        hostname(config);
        return config;
    }

    private static ArrayNode without(JsonNode entries, JsonNode inherited) {
        Set<String> known = new LinkedHashSet<>();
        inherited.forEach(entry -> known.add(entry.asText()));
        ArrayNode own = JSON.arrayNode();
        entries.forEach(entry -> {
            if (!known.contains(entry.asText())) {
                own.add(entry.asText());
            }
        });
        return own;
    }

    /** A port that is published must also be exposed, or the engine does not publish it. */
    private void keepOwn(ObjectNode config, JsonNode image) {
        boolean sharesNetwork = sharesNetwork();
        for (String field : List.of("ExposedPorts", "Volumes")) {
            if (config.get(field) instanceof ObjectNode own) {
                image.path(field).fieldNames().forEachRemaining(own::remove);
            }
        }
        if (sharesNetwork) {
            config.remove("ExposedPorts");
            return;
        }
        JsonNode published = container.raw().path("HostConfig").path("PortBindings");
        if (!published.isEmpty()) {
            ObjectNode exposed = config.get("ExposedPorts") instanceof ObjectNode own ? own : JSON.objectNode();
            published.fieldNames().forEachRemaining(port -> exposed.set(port, JSON.objectNode()));
            config.set("ExposedPorts", exposed);
        }
    }

    private static void command(ObjectNode config, JsonNode image) {
        boolean sameEntry = empty(config.path("Entrypoint"))
                ? empty(image.path("Entrypoint"))
                : config.path("Entrypoint").equals(image.path("Entrypoint"));
        boolean sameCommand = empty(config.path("Cmd"))
                ? empty(image.path("Cmd"))
                : config.path("Cmd").equals(image.path("Cmd"));
        if (!sameEntry && empty(config.path("Entrypoint"))) {
            config.set("Entrypoint", JSON.arrayNode().add(""));
        } else if (sameEntry && (sameCommand || !empty(config.path("Cmd")))) {
            config.remove("Entrypoint");
        }
        if (sameEntry && sameCommand) {
            config.remove("Cmd");
        }
    }

    private static void health(ObjectNode config, JsonNode image) {
        if (config.get("Healthcheck") instanceof ObjectNode own) {
            JsonNode inherited = image.path("Healthcheck");
            for (String field : HEALTH) {
                if (own.path(field).equals(inherited.path(field))) {
                    own.remove(field);
                }
            }
            if (own.isEmpty()) {
                config.remove("Healthcheck");
            }
        }
    }

    private static void labels(ObjectNode config, JsonNode image) {
        if (config.get("Labels") instanceof ObjectNode own) {
            JsonNode inherited = image.path("Labels");
            own.properties()
                    .removeIf(label -> UpliftLabels.ALL.contains(label.getKey())
                            || (!label.getKey().startsWith(ComposeService.LABELS)
                                    && label.getValue().equals(inherited.path(label.getKey()))));
        } else {
            config.set("Labels", JSON.objectNode());
        }
    }

    private void hostname(ObjectNode config) {
        String name = config.path("Hostname").asText();
        String domain = config.path("Domainname").asText();
        boolean hosts = container
                        .raw()
                        .path("HostConfig")
                        .path("NetworkMode")
                        .asText()
                        .equals("host")
                || container.raw().path("HostConfig").path("UTSMode").asText().equals("host");
        boolean isHosts = name.equals(engineHost) || (name + "." + domain).equals(engineHost);
        if (sharesNetwork() || (hosts && isHosts)) {
            config.remove("Hostname");
            config.remove("Domainname");
        } else if (name.equals(container.shortId())) {
            config.remove("Hostname");
        }
    }

    private boolean sharesNetwork() {
        return container.raw().path("HostConfig").path("NetworkMode").asText().startsWith("container:");
    }

    private ObjectNode hostConfig() {
        ObjectNode hostConfig = container.raw().path("HostConfig").deepCopy();
        hostConfig.set("RestartPolicy", RestartPolicy.NO.json());
        links(hostConfig);
        NamelessVolumes.attach(hostConfig, container.raw().path("Mounts"));
        return hostConfig;
    }

    /** The engine writes {@code /database:/metabase/db}, but reads {@code database:db}. */
    private static void links(ObjectNode hostConfig) {
        if (hostConfig.get("Links") instanceof ArrayNode written) {
            ArrayNode readable = JSON.arrayNode();
            for (JsonNode link : written) {
                String[] parts = link.asText().split(":", 2);
                String target = parts[0].startsWith("/") ? parts[0].substring(1) : parts[0];
                String alias = parts.length < 2 ? target : parts[1].substring(parts[1].lastIndexOf('/') + 1);
                readable.add(target + ":" + alias);
            }
            hostConfig.set("Links", readable);
        }
    }

    private static boolean empty(JsonNode list) {
        return !list.isArray() || list.isEmpty();
    }
}
