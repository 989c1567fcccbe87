/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed.containers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A container by its id or name; by name it is whichever has the name at the time of the call. For applications under
 * test: an upgrade puts another container in the place of the one that the test made, with the same name, or the same one
 * comes back after a power cut of its engine. Testcontainers knows a container by the id that it was created with, and
 * describes none by the options of {@code docker run}, which are what operators type.
 */
public final class DockerContainer {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Docker docker;
    private final String reference;

    DockerContainer(Docker docker, String reference) {
        this.docker = docker;
        this.reference = reference;
    }

    /** The id or name that it is known by here. */
    public String reference() {
        return reference;
    }

    /** All that {@code docker inspect} tells. */
    public JsonNode inspect() {
        try {
            return JSON.readTree(docker.run("container", "inspect", reference)).path(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public boolean running() {
        return inspect().at("/State/Running").asBoolean();
    }

    /** The port of this machine that one of its ports is published on; it changes with a restart unless it was chosen. */
    public int publishedPort(int port) {
        String text =
                docker.run("port", reference, port + "/tcp").lines().findFirst().orElseThrow();
        return Integer.parseInt(text.substring(text.lastIndexOf(':') + 1).strip());
    }

    /** Both streams of its log. */
    public String logs() {
        Docker.Result result = docker.attempt(List.of("logs", reference), "");
        return result.output() + result.errors();
    }

    /** Copies a file or a directory's content ({@code dir/.}) to a path in it, as {@code docker cp}. */
    public void copyIn(String from, Path to) {
        docker.run("cp", from, reference + ":" + to);
    }

    public void start() {
        docker.run("start", reference);
    }

    /** Like a power cut. */
    public void kill() {
        docker.run("kill", reference);
    }

    public void remove() {
        docker.run("rm", "--force", "--volumes", reference);
    }
}
