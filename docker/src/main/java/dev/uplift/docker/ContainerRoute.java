/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.model.Container;
import dev.uplift.host.Host;
import dev.uplift.host.Route;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The way to what a container reaches: by the names of its networks, by those that it was given, or as its host does.
 *
 * @param host the engine's
 */
public record ContainerRoute(DockerEngine engine, Host host, String container) implements Route {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127\\.\\d+\\.\\d+\\.\\d+|::1");

    @Override
    public InetSocketAddress to(String name, int port) throws IOException {
        try {
            ContainerInspection inspected = engine.containers()
                    .find(container)
                    .orElseThrow(() -> new DockerException("there is no container " + container + " on " + engine.name()
                            + ": " + name + " cannot be reached as it does"));
            JsonNode settings = inspected.raw().path("HostConfig");
            if (settings.path("NetworkMode").asText().equals("host")) {
                return host.reach(name, port);
            }
            if (LOOPBACK.matcher(name).matches()) {
                throw new DockerException(
                        name + ":" + port + " is in container " + container + " itself, and only reached from there");
            }
            Optional<String> given = given(settings.path("ExtraHosts"), name);
            return host.reach(
                    given.isPresent()
                            ? given.get()
                            : inNetworks(inspected, name).orElse(name),
                    port);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while " + name + " was looked for");
        }
    }

    private Optional<String> given(JsonNode extraHosts, String name) throws IOException, InterruptedException {
        for (JsonNode entry : extraHosts) {
            String[] parts = entry.asText().split("[:=]", 2);
            if (parts.length == 2 && parts[0].equalsIgnoreCase(name)) {
                return Optional.of(parts[1].equals("host-gateway") ? gateway() : parts[1]);
            }
        }
        return Optional.empty();
    }

    /** The host's own address in the engine's first network, unless the engine was told another one. */
    private String gateway() throws IOException, InterruptedException {
        return engine.networks().gateway().orElse("127.0.0.1");
    }

    private Optional<String> inNetworks(ContainerInspection inspected, String name)
            throws IOException, InterruptedException {
        JsonNode networks = inspected.raw().path("NetworkSettings").path("Networks");
        for (Container other : engine.containers().all()) {
            boolean shares = Stream.ofNullable(other.getNetworkSettings())
                    .flatMap(settings -> Stream.ofNullable(settings.getNetworks()))
                    .flatMap(joined -> joined.keySet().stream())
                    .anyMatch(networks::has);
            if (shares) {
                Optional<ContainerInspection> found = engine.containers().find(other.getId());
                Optional<String> address = found.flatMap(neighbour -> address(neighbour, networks, name));
                if (address.isPresent()) {
                    return address;
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> address(ContainerInspection neighbour, JsonNode networks, String name) {
        return neighbour.raw().path("NetworkSettings").path("Networks").properties().stream()
                .filter(network -> networks.has(network.getKey()))
                .filter(network -> neighbour.name().equals(name)
                        || has(network.getValue().path("Aliases"), name)
                        || has(network.getValue().path("DNSNames"), name))
                .map(network -> network.getValue().path("IPAddress").asText(""))
                .filter(address -> !address.isEmpty())
                .findFirst();
    }

    private static boolean has(JsonNode names, String name) {
        for (JsonNode candidate : names) {
            if (candidate.asText().equalsIgnoreCase(name)) {
                return true;
            }
        }
        return false;
    }
}
