package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The containers of one engine. Every operation may be repeated: it looks first, does what is missing, and
 * a container that is gone is an error only where it is needed. All but {@link #find} take an id: a name may
 * belong to another container by now.
 */
public final class Containers {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Duration SLACK = Duration.ofSeconds(30);

    private final EngineHttp http;

    Containers(EngineHttp http) {
        this.http = http;
    }

    /** A container by its name or id; empty if there is none. */
    public Optional<ContainerInspection> find(String nameOrId) throws IOException, InterruptedException {
        try {
            return Optional.of(new ContainerInspection(http.call(EngineRequest.get("/containers/{}/json", nameOrId))));
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A container that must be there. */
    public ContainerInspection inspect(String id) throws IOException, InterruptedException {
        return new ContainerInspection(http.call(EngineRequest.get("/containers/{}/json", id)));
    }

    /** The ids of all containers that run. */
    public List<String> running() throws IOException, InterruptedException {
        return ids(EngineRequest.get("/containers/json"));
    }

    /** The ids of all containers, running or not, that carry these labels; an empty value matches any. */
    public List<String> list(Map<String, String> labels) throws IOException, InterruptedException {
        ObjectNode filters = JSON.objectNode();
        labels.forEach(
                (key, value) -> filters.withArrayProperty("label").add(value.isEmpty() ? key : key + "=" + value));
        return ids(EngineRequest.get("/containers/json").query("all", "1").query("filters", filters.toString()));
    }

    private List<String> ids(EngineRequest request) throws IOException, InterruptedException {
        List<String> ids = new ArrayList<>();
        http.call(request).forEach(container -> ids.add(container.path("Id").asText()));
        return ids;
    }

    /** Makes this the restart policy, and makes sure of it. */
    public void restartPolicy(String id, RestartPolicy policy) throws IOException, InterruptedException {
        if (inspect(id).restartPolicy().equals(policy)) {
            return;
        }
        ObjectNode body = JSON.objectNode();
        body.set("RestartPolicy", policy.json());
        http.call(EngineRequest.post("/containers/{}/update", id).json(body));
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
        http.call(EngineRequest.post("/containers/{}/stop", id)
                .query("t", Long.toString(grace.toSeconds()))
                .silentFor(grace.plus(SLACK)));
        ContainerInspection after = inspect(id);
        if (after.lives()) {
            throw new DockerException("container " + after.name() + " is " + after.status() + ", process " + after.pid()
                    + ", after it was stopped: something starts it again");
        }
        return after;
    }

    /** Starts a container; one that runs is left alone. */
    public void start(String id) throws IOException, InterruptedException {
        http.call(EngineRequest.post("/containers/{}/start", id).silentFor(SLACK.multipliedBy(4)));
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
            http.call(EngineRequest.post("/containers/{}/rename", id).query("name", name));
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
        Networks networks = new Networks(http);
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
            return http.call(create).path("Id").asText();
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
            try {
                JsonNode answer = http.call(EngineRequest.post("/containers/{}/wait", id)
                        .query("condition", "not-running")
                        .silentFor(left));
                return Optional.of(answer.path("StatusCode").asInt());
            } catch (DockerLostException e) {
                ContainerInspection container = inspect(id);
                if (!container.lives()) {
                    return Optional.of(container.exitCode());
                }
            }
            left = atMost.minusNanos(System.nanoTime() - begun);
        }
        return Optional.empty();
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
            http.call(EngineRequest.post("/containers/{}/kill", id).query("signal", signal));
        } catch (DockerRefusedException e) {
            if (!e.conflict()) {
                throw e;
            }
        }
    }

    /** Removes a container that does not run. Its volumes stay. One that is gone is fine. */
    public void remove(String id) throws IOException, InterruptedException {
        try {
            http.call(EngineRequest.delete("/containers/{}", id).silentFor(SLACK.multipliedBy(4)));
        } catch (DockerRefusedException e) {
            if (!e.notFound()) {
                throw e;
            }
        }
    }

    /** The command lines of the processes in a running container, their words separated by blanks; none if it does not run. */
    public List<String> commandLines(String id) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        try {
            JsonNode top = http.call(EngineRequest.get("/containers/{}/top", id).query("ps_args", "-eo pid,args"));
            top.path("Processes").forEach(process -> lines.add(process.path(1).asText()));
        } catch (DockerRefusedException e) {
            if (!e.conflict()) {
                throw e;
            }
        }
        return lines;
    }

    /**
     * Paths that were added, changed or deleted in the container's own layer, in their order: what a new container
     * would not have. Directories above them are among them; what lies in volumes and mounts is not.
     */
    public List<String> ownFiles(String id) throws IOException, InterruptedException {
        List<String> paths = new ArrayList<>();
        http.call(EngineRequest.get("/containers/{}/changes", id))
                .forEach(change -> paths.add(change.path("Path").asText()));
        Collections.sort(paths);
        return paths;
    }

    /** All containers in the engine's own words, as a list shows them. */
    public JsonNode all() throws IOException, InterruptedException {
        JsonNode all = http.call(EngineRequest.get("/containers/json").query("all", "1"));
        return all.isArray() ? all : JSON.arrayNode();
    }
}
