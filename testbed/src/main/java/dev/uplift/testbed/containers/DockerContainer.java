package dev.uplift.testbed.containers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A container by its id or name; by name it is whichever has the name at the time of the call. */
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

    /** Its address in that network. */
    public String address(DockerNetwork network) {
        return inspect()
                .path("NetworkSettings")
                .path("Networks")
                .path(network.name())
                .path("IPAddress")
                .asText();
    }

    /** The port of this machine that one of its ports is published on; it changes with a restart unless it was chosen. */
    public int publishedPort(int port) {
        String text =
                docker.run("port", reference, port + "/tcp").lines().findFirst().orElseThrow();
        return Integer.parseInt(text.substring(text.lastIndexOf(':') + 1).strip());
    }

    /** Runs a command in it as its user; a failure is a result. */
    public Docker.Result exec(String... command) {
        return execWith("", command);
    }

    /** As above with a standard input. */
    public Docker.Result execWith(String input, String... command) {
        List<String> arguments = new ArrayList<>(List.of("exec", "--interactive", reference));
        arguments.addAll(List.of(command));
        return docker.attempt(arguments, input);
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

    /** With the grace of its application: a minute. */
    public void stop() {
        docker.run("stop", "--time", "60", reference);
    }

    /** Like a power cut. */
    public void kill() {
        docker.run("kill", reference);
    }

    public void remove() {
        docker.run("rm", "--force", "--volumes", reference);
    }

    /** A file's text in it; it must run. */
    public String read(Path file) {
        Docker.Result result = exec("cat", file.toString());
        if (!result.ok()) {
            throw new IllegalStateException(result.errors());
        }
        return result.output();
    }

    /** Writes a file in it, which must run: as its user, readable for all. */
    public void write(Path file, String text) {
        Docker.Result result = execWith(text, "sh", "-c", "umask 022; cat > \"$1\"", "write", file.toString());
        if (!result.ok()) {
            throw new IllegalStateException(result.errors());
        }
    }
}
