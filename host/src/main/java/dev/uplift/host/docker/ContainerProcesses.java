package dev.uplift.host.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.host.TcpConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * What the processes in a running container hold, asked by the shell of its own image: a worker sees an engine's host only
 * where it runs on it itself. Nothing is changed.
 */
public final class ContainerProcesses {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
    private static final int ANSWER_BYTES_MAX = 4 << 20;
    private static final String END = "uplift-end";

    private static final String SOCKETS = """
        ls -l /proc/[0-9]*/fd
        cat /proc/net/tcp /proc/net/tcp6
        """;

    private static final String HOLDERS = """
        for fd in /proc/[0-9]*/fd/*; do
          if [ "$fd" -ef "$1" ]; then
            while read -r key value; do
              case "$key$value" in flags:*[123567]) echo held ;; esac
            done <"${fd%/fd/*}/fdinfo/${fd##*/}"
          fi
        done
        """;

    private final EngineHttp http;

    ContainerProcesses(EngineHttp http) {
        this.http = http;
    }

    /**
     * The established TCP connections that its processes hold, as its network numbers them.
     *
     * @throws DockerException if its image has no shell
     */
    public Set<TcpConnection> connections(ContainerInspection container) throws IOException, InterruptedException {
        return TcpConnection.of(ask(container, SOCKETS));
    }

    /**
     * Whether a process of it has a file open to write to it, under whatever name.
     *
     * @param file as the container has it
     * @throws DockerException if its image has no shell
     */
    public boolean holds(ContainerInspection container, Path file) throws IOException, InterruptedException {
        return ask(container, HOLDERS, file.toString()).lines().anyMatch("held"::equals);
    }

    /** It needs all rights: root alone may not look into another user's process in a container. */
    private String ask(ContainerInspection container, String script, String... arguments)
            throws IOException, InterruptedException {
        ObjectNode exec = JsonNodeFactory.instance
                .objectNode()
                .put("AttachStdout", true)
                .put("Privileged", true)
                .put("User", "0:0");
        for (String word : List.of("/bin/sh", "-c", "exec 2>/dev/null\n" + script + "echo " + END + "\n", "uplift")) {
            exec.withArrayProperty("Cmd").add(word);
        }
        List.of(arguments).forEach(exec.withArrayProperty("Cmd")::add);
        String id = http.call(EngineRequest.post("/containers/{}/exec", container.id())
                        .json(exec))
                .path("Id")
                .asText();
        ObjectNode attached =
                JsonNodeFactory.instance.objectNode().put("Detach", false).put("Tty", false);
        EngineRequest start =
                EngineRequest.post("/exec/{}/start", id).json(attached).silentFor(ANSWER_MAX);
        String answer = http.read(start, body -> ContainerLogs.framed(body, ANSWER_BYTES_MAX));
        if (!answer.strip().endsWith(END)) {
            throw new DockerException(
                    "the image of container " + container.name() + " has no shell that tells what its processes hold");
        }
        return answer;
    }
}
