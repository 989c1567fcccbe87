/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.dockerjava.api.command.SyncDockerCmd;
import com.github.dockerjava.api.command.TopContainerResponse;
import com.github.dockerjava.api.exception.NotModifiedException;
import com.github.dockerjava.api.model.ChangeLog;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.WaitResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The containers of one engine. Every operation may be repeated: it looks first, does what is missing, and
 * a container that is gone is an error only where it is needed. All but {@link #find} take an id: a name may
 * belong to another container by now.
 */
public final class Containers {
    private static final Duration SLACK = Duration.ofSeconds(30);

    private final EngineClient client;

    Containers(EngineClient client) {
        this.client = client;
    }

    /** A container by its name or id; empty if there is none. */
    public Optional<ContainerInspection> find(String nameOrId) throws IOException, InterruptedException {
        try {
            return Optional.of(
                    new ContainerInspection(client.call(EngineRequest.get("/containers/{}/json", nameOrId))));
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A container that must be there. */
    public ContainerInspection inspect(String id) throws IOException, InterruptedException {
        return new ContainerInspection(client.call(EngineRequest.get("/containers/{}/json", id)));
    }

    /** The ids of all containers that run. */
    public List<String> running() throws IOException, InterruptedException {
        return ids(client.ask(docker -> docker.listContainersCmd().exec()));
    }

    /** The ids of all containers, running or not, that carry these labels; an empty value matches any. */
    public List<String> list(Map<String, String> labels) throws IOException, InterruptedException {
        List<String> filter = labels.entrySet().stream()
                .map(label -> label.getValue().isEmpty() ? label.getKey() : label.getKey() + "=" + label.getValue())
                .toList();
        return ids(client.ask(docker -> docker.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(filter)
                .exec()));
    }

    /** All containers, as a list shows them. */
    public List<Container> all() throws IOException, InterruptedException {
        return client.ask(docker -> docker.listContainersCmd().withShowAll(true).exec());
    }

    private static List<String> ids(List<Container> containers) {
        return containers.stream().map(Container::getId).toList();
    }

    /** Makes this the restart policy, and makes sure of it. */
    public void restartPolicy(String id, RestartPolicy policy) throws IOException, InterruptedException {
        if (inspect(id).restartPolicy().equals(policy)) {
            return;
        }
        client.ask(docker -> docker.updateContainerCmd(EngineRequest.id(id))
                .withRestartPolicy(policy.toModel())
                .exec());
        RestartPolicy observed = inspect(id).restartPolicy();
        if (!observed.equals(policy)) {
            throw new DockerException(
                    "the restart policy of container " + id + " is " + observed + " after it was set to " + policy);
        }
    }

    /**
     * Stops a container and proves it: no process of it is left, and none is about to be started.
     *
     * @param grace after which the engine kills it
     * @return how it is now
     * @throws DockerException if it lives on
     */
    public ContainerInspection stop(String id, Duration grace) throws IOException, InterruptedException {
        ContainerInspection before = inspect(id);
        if (!before.lives()) {
            return before;
        }
        unlessItIsSo(
                grace.plus(SLACK),
                docker ->
                        docker.stopContainerCmd(EngineRequest.id(id)).withTimeout(Math.toIntExact(grace.toSeconds())));
        ContainerInspection after = inspect(id);
        if (after.lives()) {
            throw new DockerException("container " + after.name() + " is " + after.status() + ", process " + after.pid()
                    + ", after it was stopped: something starts it again");
        }
        return after;
    }

    /** Starts a container; one that runs is left alone. */
    public void start(String id) throws IOException, InterruptedException {
        unlessItIsSo(SLACK.multipliedBy(4), docker -> docker.startContainerCmd(EngineRequest.id(id)));
    }

    private void unlessItIsSo(Duration silenceMax, EngineClient.Command<SyncDockerCmd<Void>> command)
            throws IOException, InterruptedException {
        client.ask(silenceMax, docker -> {
            try {
                command.run(docker).exec();
                return true;
            } catch (NotModifiedException _) {
                return false;
            }
        });
    }

    /**
     * Gives a container a name.
     *
     * @throws NameTakenException if another container has it
     */
    public void rename(String id, String name) throws IOException, InterruptedException {
        if (inspect(id).name().equals(name)) {
            return;
        }
        Optional<ContainerInspection> holder =
                find(name).filter(other -> other.name().equals(name));
        if (holder.isPresent()) {
            throw new NameTakenException(name, holder.get());
        }
        try {
            client.ask(docker -> docker.renameContainerCmd(EngineRequest.id(id))
                    .withName(name)
                    .exec());
        } catch (DockerRefusedException e) {
            throw e.conflict() ? new NameTakenException(name, inspect(name)) : e;
        }
    }

    /**
     * Creates a container that does not run yet, in all its networks.
     *
     * <p>A container of that name which an earlier try of the same request left is taken over; one of the same
     * installation that never ran and was to become something else is removed.
     *
     * @return its id
     * @throws NameTakenException if somebody else's container has the name
     */
    public String create(CreateRequest request) throws IOException, InterruptedException {
        Optional<ContainerInspection> holder =
                find(request.name()).filter(other -> other.name().equals(request.name()));
        if (holder.isPresent() && !isSame(holder.get(), request)) {
            if (!isOrphan(holder.get(), request)) {
                throw new NameTakenException(request.name(), holder.get());
            }
            remove(holder.get().id());
            holder = Optional.empty();
        }
        String id = holder.isPresent() ? holder.get().id() : send(request);
        ContainerInspection created = inspect(id);
        Networks networks = new Networks(client);
        for (Map.Entry<String, JsonNode> network : request.furtherNetworks().entrySet()) {
            networks.connect(created, network.getKey(), network.getValue());
        }
        return id;
    }

    private String send(CreateRequest request) throws IOException, InterruptedException {
        EngineRequest create = EngineRequest.post("/containers/create")
                .query("name", request.name())
                .query("platform", request.platform())
                .json(request.sent())
                .silentFor(SLACK.multipliedBy(4));
        try {
            return client.call(create).path("Id").asText();
        } catch (DockerRefusedException e) {
            throw e.conflict() ? new NameTakenException(request.name(), inspect(request.name())) : e;
        }
    }

    private static boolean isSame(ContainerInspection holder, CreateRequest request) {
        return request.fingerprint().equals(holder.labels().get(UpliftLabels.REQUEST));
    }

    private static boolean isOrphan(ContainerInspection holder, CreateRequest request) {
        String installation = request.label(UpliftLabels.INSTALLATION);
        return holder.status().equals("created")
                && !installation.isEmpty()
                && installation.equals(holder.labels().get(UpliftLabels.INSTALLATION));
    }

    /**
     * Waits until a container ends, also if the connection to the engine is lost meanwhile and comes back.
     *
     * @return its exit code; empty if it still runs after that time
     */
    public Optional<Integer> awaitExit(String id, Duration atMost) throws IOException, InterruptedException {
        long begun = System.nanoTime();
        Duration left = atMost;
        while (left.isPositive()) {
            Optional<Integer> exitCode = exitCode(id, left);
            if (exitCode.isPresent()) {
                return exitCode;
            }
            ContainerInspection container = inspect(id);
            if (!container.lives()) {
                return Optional.of(container.exitCode());
            }
            left = atMost.minusNanos(System.nanoTime() - begun);
        }
        return Optional.empty();
    }

    /** Empty: the engine has not said it in time, or the connection to it was lost. */
    private Optional<Integer> exitCode(String id, Duration atMost) throws IOException, InterruptedException {
        try {
            return client.ask(atMost, docker -> {
                AtomicReference<@Nullable WaitResponse> answer = new AtomicReference<>();
                docker.waitContainerCmd(EngineRequest.id(id))
                        .exec(new AnswerCallback<>(answer::set))
                        .await();
                return Optional.ofNullable(answer.get()).map(WaitResponse::getStatusCode);
            });
        } catch (DockerLostException _) {
            return Optional.empty();
        }
    }

    /** Ends a container at once. One that does not run is left alone. */
    public void kill(String id) throws IOException, InterruptedException {
        signal(id, "SIGKILL");
    }

    /** Sends the first process of a container a signal, such as {@code SIGTERM}. One that does not run is left alone. */
    public void signal(String id, String signal) throws IOException, InterruptedException {
        if (!inspect(id).lives()) {
            return;
        }
        try {
            client.ask(docker -> docker.killContainerCmd(EngineRequest.id(id))
                    .withSignal(signal)
                    .exec());
        } catch (DockerRefusedException e) {
            if (!e.conflict()) {
                throw e;
            }
        }
    }

    /** Removes a container that does not run. Its volumes stay. One that is gone is fine. */
    public void remove(String id) throws IOException, InterruptedException {
        try {
            client.ask(
                    SLACK.multipliedBy(4),
                    docker -> docker.removeContainerCmd(EngineRequest.id(id)).exec());
        } catch (DockerRefusedException e) {
            if (!e.notFound()) {
                throw e;
            }
        }
    }

    /** The command lines of the processes in a running container, their words separated by blanks; none if it does not run. */
    public List<String> commandLines(String id) throws IOException, InterruptedException {
        try {
            TopContainerResponse top = client.ask(docker -> docker.topContainerCmd(EngineRequest.id(id))
                    .withPsArgs("-eo pid,args")
                    .exec());
            return Stream.ofNullable(top.getProcesses())
                    .flatMap(Arrays::stream)
                    .map(process -> process[1])
                    .toList();
        } catch (DockerRefusedException e) {
            if (e.conflict()) {
                return List.of();
            }
            throw e;
        }
    }

    /**
     * Paths that were added, changed or deleted in the container's own layer, in their order: what a new container
     * would not have. Directories above them are among them; what lies in volumes and mounts is not.
     */
    public List<String> ownFiles(String id) throws IOException, InterruptedException {
        return client.ask(docker -> Stream.ofNullable(
                        docker.containerDiffCmd(EngineRequest.id(id)).exec())
                .flatMap(List::stream)
                .map(ChangeLog::getPath)
                .sorted()
                .toList());
    }
}
