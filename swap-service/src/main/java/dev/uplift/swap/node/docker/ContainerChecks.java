/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.docker.ComposeService;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.swap.node.CheckList;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What only a container can have that stands in the way of an upgrade, or gets lost in one.
 *
 * @param target the tag of the image that it is to get; empty: nobody has asked for an upgrade yet
 */
record ContainerChecks(ContainerFamily family, CheckList checks, Optional<String> target) {
    private static final int SHOWN_MAX = 5;
    private static final Map<String, String> SUPERVISORS = Map.of(
            "com.docker.swarm.service.id", "a swarm service",
            "io.kubernetes.pod.name", "a pod of Kubernetes",
            "com.hashicorp.nomad.alloc_id", "an allocation of Nomad");

    void run() throws IOException, InterruptedException {
        ContainerInspection container = family.requireInPlace();
        image(container);
        supervisor(container);
        lifetime(container);
        neighbours(container);
        ownFiles(container);
        randomPorts(container);
        compose(container);
    }

    private void image(ContainerInspection container) throws IOException, InterruptedException {
        try {
            checks.ok("image", family.image(container).toString());
        } catch (StepFailure e) {
            checks.fail("image", e.detail());
        }
    }

    private void supervisor(ContainerInspection container) {
        SUPERVISORS.forEach((label, what) -> {
            if (container.labels().containsKey(label)) {
                checks.fail("supervisor", "the container is " + what + ", which would start the old one again");
            }
        });
    }

    private void lifetime(ContainerInspection container) {
        if (container.raw().path("HostConfig").path("AutoRemove").asBoolean()) {
            checks.fail(
                    "auto-remove",
                    "the container was made with --rm: it would be gone as soon as it is stopped, and with it the way"
                            + " back; make it again without");
        }
        if (container.raw().path("State").path("Paused").asBoolean()) {
            checks.fail("paused", "the container is paused; unpause it first");
        }
    }

    private void neighbours(ContainerInspection container) throws IOException, InterruptedException {
        List<String> sharing = family.sharing(container);
        if (!sharing.isEmpty()) {
            checks.fail(
                    "neighbours",
                    "the network of the container is also that of " + shown(sharing)
                            + ", which would lose it; upgrade them together by hand");
        }
    }

    private void ownFiles(ContainerInspection container) throws IOException, InterruptedException {
        List<String> own = family.engine().containers().ownFiles(container.id()).stream()
                .filter(path -> !path.startsWith("/tmp") && !path.startsWith("/run") && !path.startsWith("/var/run"))
                .toList();
        Set<String> mountPoints = mountPoints(container);
        List<String> leaves = own.stream()
                .filter(path ->
                        !mountPoints.contains(path) && own.stream().noneMatch(other -> other.startsWith(path + "/")))
                .toList();
        if (!leaves.isEmpty()) {
            checks.warn(
                    "own-files",
                    leaves.size() + " files lie in the container itself, in no volume: " + shown(leaves)
                            + "; the new container does not have them, and the old one is "
                            + (ComposeService.of(container).isPresent()
                                    ? "removed when the upgrade is committed, because compose would start it again"
                                    : "kept"));
        }
    }

    /** Where something is mounted: the engine makes these in every container's layer. */
    private static Set<String> mountPoints(ContainerInspection container) {
        JsonNode raw = container.raw();
        List<String> points = new ArrayList<>();
        raw.path("Mounts").forEach(mount -> points.add(mount.path("Destination").asText()));
        raw.path("HostConfig").path("Tmpfs").fieldNames().forEachRemaining(points::add);
        return points.stream()
                .map(path -> Path.of("/").resolve(path).normalize().toString())
                .collect(Collectors.toSet());
    }

    private void randomPorts(ContainerInspection container) {
        JsonNode settings = container.raw().path("HostConfig");
        Set<String> random = new TreeSet<>();
        for (Map.Entry<String, JsonNode> binding : settings.path("PortBindings").properties()) {
            for (JsonNode address : binding.getValue()) {
                String port = address.path("HostPort").asText("");
                if (port.isEmpty() || port.equals("0")) {
                    random.add(binding.getKey());
                }
            }
        }
        if (settings.path("PublishAllPorts").asBoolean()) {
            container.raw().path("NetworkSettings").path("Ports").properties().stream()
                    .filter(port -> !port.getValue().isEmpty()
                            && !settings.path("PortBindings").has(port.getKey()))
                    .forEach(port -> random.add(port.getKey()));
        }
        if (!random.isEmpty()) {
            checks.warn(
                    "ports",
                    String.join(", ", random) + " is published on a port that changes with every start; Uplift asks"
                            + " the engine for it each time, but whoever uses the application has to"
                            + " find it anew: name one");
        }
    }

    private void compose(ContainerInspection container) {
        Optional<ComposeService> service = ComposeService.of(container);
        if (service.isPresent()) {
            String files = service.get().files().isEmpty()
                    ? "its compose file"
                    : shown(service.get().files().stream().map(Object::toString).toList());
            String image = target.map(
                            tag -> "write image: " + family.place().repository().name() + ":" + tag + " for it")
                    .orElse("change its image");
            checks.warn(
                    "compose",
                    "the container is service " + service.get().service() + " of the Docker Compose project "
                            + service.get().project() + " and stays it; after the upgrade " + image + " in " + files
                            + " (`--update-compose-file` does where the file is), or the next recreation by compose"
                            + " brings the old version back");
        }
    }

    private static String shown(List<String> names) {
        String first = String.join(", ", names.stream().limit(SHOWN_MAX).toList());
        return (names.size() > SHOWN_MAX ? first + " ..." : first).replaceAll("\\p{Cntrl}", "?");
    }
}
