/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.api.model.Frame;
import dev.uplift.host.TcpConnection;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the processes in a running container hold, asked by the shell of its own image: a worker sees an engine's host only
 * where it runs on it itself. Nothing is changed. Each user's processes are asked as that user: root in a container may not
 * look into those of others.
 */
public final class ContainerProcesses {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(20);
    private static final int ANSWER_BYTES_MAX = 4 << 20;
    private static final int SHOWN_MAX = 200;
    private static final int USERS_MAX = 10;
    private static final String END = "uplift-end";
    private static final Pattern USER =
            Pattern.compile("^Uid:\\s+\\d+\\s+(\\d+).*\\n^Gid:\\s+\\d+\\s+(\\d+)", Pattern.MULTILINE);

    private static final String USERS = "cat /proc/[0-9]*/status\n";
    private static final String NETWORK = "cat /proc/net/tcp /proc/net/tcp6\n";
    private static final String SOCKETS = "ls -l /proc/[0-9]*/fd\n" + NETWORK;

    private static final String HOLDERS = """
            for fd in /proc/[0-9]*/fd/*; do
              if [ "$fd" -ef "$1" ]; then
                while read -r key value; do
                  case "$key$value" in flags:*[123567]) echo held ;; esac
                done <"${fd%/fd/*}/fdinfo/${fd##*/}"
              fi
            done
            """;

    private final EngineClient client;

    ContainerProcesses(EngineClient client) {
        this.client = client;
    }

    /**
     * The established TCP connections that its processes hold, as its network numbers them.
     *
     * @throws DockerException if its image has no shell
     */
    public Set<TcpConnection> connections(ContainerInspection container) throws IOException, InterruptedException {
        String mode = container.raw().path("HostConfig").path("NetworkMode").asText();
        if (!mode.equals("host") && !mode.startsWith("container:")) {
            return TcpConnection.all(ask(container, "", NETWORK));
        }
        Set<TcpConnection> connections = new LinkedHashSet<>();
        for (String user : users(container)) {
            connections.addAll(TcpConnection.of(ask(container, user, SOCKETS)));
        }
        return connections;
    }

    /**
     * Whether a process of it has a file open to write to it, under whatever name.
     *
     * @param file as the container has it
     * @throws DockerException if its image has no shell
     */
    public boolean holds(ContainerInspection container, Path file) throws IOException, InterruptedException {
        for (String user : users(container)) {
            if (ask(container, user, HOLDERS, file.toString()).lines().anyMatch("held"::equals)) {
                return true;
            }
        }
        return false;
    }

    /** Those that its processes run as, {@code UID:GID}. */
    private List<String> users(ContainerInspection container) throws IOException, InterruptedException {
        Set<String> users = new LinkedHashSet<>();
        Matcher matcher = USER.matcher(ask(container, "", USERS));
        while (matcher.find() && users.size() < USERS_MAX) {
            users.add(matcher.group(1) + ":" + matcher.group(2));
        }
        return new ArrayList<>(users);
    }

    /** {@code user}: empty for the container's own. */
    private String ask(ContainerInspection container, String user, String script, String... arguments)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(
                List.of("/bin/sh", "-c", "exec 2>/dev/null\n" + script + "echo " + END + "\n", "uplift"));
        words.addAll(List.of(arguments));
        String id = client.ask(docker -> docker.execCreateCmd(EngineRequest.id(container.id()))
                .withAttachStdout(true)
                .withUser(user)
                .withCmd(words.toArray(String[]::new))
                .exec()
                .getId());
        String answer = client.stream(ANSWER_MAX, docker -> {
            ContainerLogs.Tail tail = new ContainerLogs.Tail(ANSWER_BYTES_MAX);
            docker.execStartCmd(id)
                    .exec(new AnswerCallback<>(
                            (Frame frame) -> tail.add(frame.getPayload(), frame.getPayload().length)))
                    .await();
            return tail.text().strip();
        });
        if (!answer.endsWith(END)) {
            throw new DockerException("the shell in container " + container.name()
                    + " does not tell what its processes hold: "
                    + answer.substring(0, Math.min(answer.length(), SHOWN_MAX)).replaceAll("\\p{Cntrl}", " "));
        }
        return answer;
    }
}
