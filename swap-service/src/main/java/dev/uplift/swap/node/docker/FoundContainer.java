package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.host.docker.ContainerInspection;
import dev.uplift.host.docker.DockerEngine;
import dev.uplift.host.docker.ImageInspection;
import dev.uplift.host.docker.ImageReference;
import dev.uplift.host.docker.InvalidImageReferenceException;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.JarEntries;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.swap.StepFailedException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A container that runs, for who registers it: what it says of the application in it. */
public record FoundContainer(DockerEngine engine, ContainerInspection container) {
    private static final List<String> ALL_ADDRESSES = List.of("", "0.0.0.0", "::");
    private static final int HTTP_PORT = 80;

    /**
     * The container of this name.
     *
     * @throws StepFailedException if there is none, or it does not run
     */
    public static FoundContainer named(DockerEngine engine, String name)
            throws IOException, InterruptedException, StepFailedException {
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
     * @throws StepFailedException if it runs none
     */
    public String jar() throws IOException, InterruptedException, StepFailedException {
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
     * @throws StepFailedException if it was not pulled from anywhere
     */
    public ImageReference repository() throws IOException, InterruptedException, StepFailedException {
        List<ImageReference> pulled = engine.images()
                .find(container.imageId())
                .map(ImageInspection::repoDigests)
                .orElse(List.of());
        Optional<String> named = named();
        return pulled.stream()
                .filter(known -> named.isEmpty() || known.repository().equals(named.get()))
                .findFirst()
                .map(known -> new ImageReference(known.registry(), known.path(), null, null))
                .orElseThrow(() -> refuse("the image of container " + container.name() + " (" + container.imageName()
                        + ") was not pulled from a registry: there is no other release of it to go to"));
    }

    private Optional<String> named() {
        try {
            return Optional.of(ImageReference.parse(container.imageName()).repository());
        } catch (InvalidImageReferenceException e) {
            return Optional.empty();
        }
    }

    /**
     * Where the application answers, as its keeper sees it.
     *
     * @param engineHost the name or address of the engine's host there; a loopback address if it is that host
     * @throws StepFailedException if its port is not published there
     */
    public URI baseUrl(Profile profile, String engineHost) throws StepFailedException {
        URI inside = profile.health().baseUrl(view());
        if (container.raw().path("HostConfig").path("NetworkMode").asText().equals("host")) {
            return isLoopback(inside.getHost()) ? at(engineHost, inside.getPort(), inside) : inside;
        }
        int port = inside.getPort() > 0 ? inside.getPort() : HTTP_PORT;
        JsonNode published = container
                .raw()
                .path("NetworkSettings")
                .path("Ports")
                .path(port + "/tcp")
                .path(0);
        int hostPort = published.path("HostPort").asInt();
        String address = published.path("HostIp").asText("");
        if (hostPort == 0 || (isLoopback(address) && !isLoopback(engineHost))) {
            throw refuse("port " + port + " of container " + container.name()
                    + " is not published, so that nobody can look whether it is healthy; publish it on an address that"
                    + " the workers reach (--publish 127.0.0.1:" + port + ":" + port + " where they are, or log in by"
                    + " SSH)");
        }
        return at(ALL_ADDRESSES.contains(address) ? engineHost : address, hostPort, inside);
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

    private static StepFailedException refuse(String detail) {
        return StepFailedException.refused(ErrorCode.PREFLIGHT_REFUSED, detail);
    }
}
