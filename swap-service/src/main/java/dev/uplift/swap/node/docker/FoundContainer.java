/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.ImageInspection;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.JarEntries;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A container that runs, for who registers it: what it says of the application in it. */
public record FoundContainer(DockerEngine engine, ContainerInspection container) {
    private static final List<String> ALL_ADDRESSES = List.of("", "0.0.0.0", "::");
    private static final int HTTP_PORT = 80;
    private static final String OF_CONTAINER = "container:";
    private static final String ID = "sha256:";

    /**
     * The container of this name.
     *
     * @throws StepFailure if there is none, or it does not run
     */
    public static FoundContainer named(DockerEngine engine, String name) throws IOException, InterruptedException {
        ContainerInspection found = engine.containers()
                .find(name)
                .filter(container -> container.name().equals(name))
                .orElseThrow(() -> refuse("there is no container " + name + " on " + engine.name()));
        if (!found.status().equals("running")) {
            throw refuse("container " + name + " does not run, it is " + found.status() + "; start it first");
        }
        return new FoundContainer(engine, found);
    }

    /**
     * Where the application's JAR is in it.
     *
     * @throws StepFailure if it runs none
     */
    public String jar() throws IOException, InterruptedException {
        return ContainerJar.runningIn(engine, container)
                .orElseThrow(() ->
                        refuse("container " + container.name() + " runs no JAR: java -jar x.jar is expected in it"));
    }

    /** The content of a JAR in it. */
    public JarEntries entries(String jar) {
        return new ContainerJar(engine, container.id(), jar);
    }

    /** How it is started, as profiles read it. */
    public LaunchView view() {
        return new ContainerLaunch(engine, Path.of("/"), container).view();
    }

    /**
     * The repository that its image was pulled from, where its other releases are.
     *
     * @throws StepFailure if it was not pulled from anywhere, or nothing tells from which of several
     */
    public ImageReference repository() throws IOException, InterruptedException {
        List<ImageReference> pulled = engine.images()
                .find(container.imageId())
                .map(ImageInspection::repoDigests)
                .orElse(List.of());
        String what = "the image of container " + container.name() + " (" + container.imageName() + ") ";
        if (pulled.isEmpty()) {
            throw refuse(what + "was not pulled from a registry: there is no other release of it to go to");
        }
        Optional<String> named = named();
        List<ImageReference> fitting = pulled.stream()
                .filter(known -> named.isEmpty() || known.repository().equals(named.get()))
                .map(known -> new ImageReference(known.registry(), known.path(), null, null))
                .distinct()
                .toList();
        if (fitting.size() == 1) {
            return fitting.getFirst();
        }
        String from = String.join(
                " and ", pulled.stream().map(ImageReference::name).distinct().toList());
        throw refuse(what + "was pulled from " + from
                + ": make the container again with the image's name there, so that it can be told where its other"
                + " releases are");
    }

    /** The repository that it was made from; empty if it was made by its image's id, in full or its first characters. */
    private Optional<String> named() {
        String name = container.imageName();
        if (container.imageId().startsWith(name) || container.imageId().startsWith(ID + name)) {
            return Optional.empty();
        }
        try {
            return Optional.of(ImageReference.parse(name).repository());
        } catch (InvalidImageReferenceException e) {
            return Optional.empty();
        }
    }

    /**
     * Where the application answers from now until the container is stopped, as its keeper sees it: a port that the engine
     * has chosen is another one after the next start.
     *
     * @param engineHost the name or address of the engine's host there; a loopback address if it is that host
     * @throws StepFailure if its port is not published there
     */
    public URI baseUrl(Profile profile, String engineHost) throws IOException, InterruptedException {
        URI inside = profile.health().baseUrl(view());
        String network = networkMode(container);
        if (network.equals("host")) {
            return isLoopback(inside.getHost()) ? at(engineHost, inside.getPort(), inside) : inside;
        }
        int port = inside.getPort() > 0 ? inside.getPort() : HTTP_PORT;
        if (!network.startsWith(OF_CONTAINER)) {
            return published(container, port, engineHost, inside)
                    .orElseThrow(() -> notPublished(port, "container " + container.name()));
        }
        String owner = network.substring(OF_CONTAINER.length());
        ContainerInspection shared = engine.containers()
                .find(owner)
                .orElseThrow(() -> refuse("container " + container.name() + " uses the network of container " + owner
                        + ", which is gone; make it again"));
        if (!shared.status().equals("running")) {
            throw refuse("container " + shared.name() + ", whose network container " + container.name()
                    + " uses, does not run; start it");
        }
        if (networkMode(shared).equals("host")) {
            return at(engineHost, inside.getPort(), inside);
        }
        return published(shared, port, engineHost, inside)
                .orElseThrow(() -> notPublished(
                        port,
                        "container " + shared.name() + ", whose network container " + container.name() + " uses,"));
    }

    private static String networkMode(ContainerInspection container) {
        return container.raw().path("HostConfig").path("NetworkMode").asText();
    }

    private static Optional<URI> published(ContainerInspection container, int port, String engineHost, URI inside) {
        Optional<URI> ofVersion6 = Optional.empty();
        for (JsonNode binding :
                container.raw().path("NetworkSettings").path("Ports").path(port + "/tcp")) {
            int hostPort = binding.path("HostPort").asInt();
            String address = binding.path("HostIp").asText("");
            if (hostPort == 0 || (isLoopback(address) && !isLoopback(engineHost))) {
                continue;
            }
            URI url = at(ALL_ADDRESSES.contains(address) ? engineHost : address, hostPort, inside);
            if (!address.equals("::")) {
                return Optional.of(url);
            }
            // The engine may choose another port for it than for the addresses of version 4.
            ofVersion6 = Optional.of(url);
        }
        return ofVersion6;
    }

    private static StepFailure notPublished(int port, String whose) {
        return refuse("port " + port + " of " + whose
                + " is not published, so that nobody can look whether the application is healthy; publish it there on"
                + " an address that the workers reach (--publish 127.0.0.1:" + port + ":" + port
                + " where they are, or log in by SSH)");
    }

    private static URI at(String host, int port, URI inside) {
        String bracketed = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        return URI.create("http://" + bracketed + (port > 0 ? ":" + port : "") + inside.getRawPath());
    }

    private static boolean isLoopback(String host) {
        return host.startsWith("127.") || host.equals("localhost") || host.equals("::1") || host.equals("[::1]");
    }

    /** Its H2 database where it is lost with the container: in no volume. */
    public Optional<Path> unsafeH2(Profile profile) {
        return profile.database().settings(view()) instanceof DatabaseSettings.H2 file
                        && ContainerDatabase.onHost(container, file.path()).isEmpty()
                        && ContainerDatabase.onHost(container, ContainerDatabase.nested(file.path()))
                                .isEmpty()
                ? Optional.of(file.path())
                : Optional.empty();
    }

    private static StepFailure refuse(String detail) {
        return StepFailure.refused(ErrorCode.PREFLIGHT_REFUSED, detail);
    }
}
