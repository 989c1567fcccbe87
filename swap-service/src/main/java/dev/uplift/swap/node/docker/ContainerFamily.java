/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.ContainerHostConfig;
import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.ImageInspection;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.host.Host;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.Scrubber;
import dev.uplift.swap.node.Instance;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** All containers of one node: the one that has its name, its predecessors, and commands that run beside it. */
record ContainerFamily(DockerEngine engine, Host host, DockerPlace place) {
    private static final String SHA256 = "sha256:";
    private static final Pattern EPOCH = Pattern.compile("[0-9]{1,18}");

    /** The one that has the node's name; empty in the middle of a switch. */
    Optional<ContainerInspection> inPlace() throws IOException, InterruptedException {
        return engine.containers()
                .find(place.container())
                .filter(found -> found.name().equals(place.container()));
    }

    /**
     * The same, where it has to be there.
     *
     * @throws StepFailure if it is not
     */
    ContainerInspection requireInPlace() throws IOException, InterruptedException {
        return inPlace()
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "there is no container " + place.container() + " on " + engine.name()));
    }

    /** All of them, running or not. */
    List<ContainerInspection> all() throws IOException, InterruptedException {
        Map<String, ContainerInspection> all = new LinkedHashMap<>();
        inPlace().ifPresent(found -> all.put(found.id(), found));
        Optional<ContainerRecord> record = ContainerRecord.read(host, place.directory());
        List<String> known = new ArrayList<>(engine.containers()
                .list(Map.of(UpliftLabels.NODE, place.directory().toString())));
        if (record.isPresent()) {
            known.add(record.get().container().id());
            known.addAll(record.get().retired());
        }
        for (String id : known) {
            if (!all.containsKey(id)) {
                engine.containers().find(id).ifPresent(found -> all.put(found.id(), found));
            }
        }
        return List.copyOf(all.values());
    }

    /** What was remembered when the node was registered or checked. */
    ContainerRecord record() throws IOException {
        return ContainerRecord.read(host, place.directory())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "what is known of container " + place.container() + " is missing in " + place.directory()
                                + "; register it again"));
    }

    /** Takes the node's secrets out of what it writes. */
    Scrubber scrubber() throws IOException {
        return LaunchFile.read(host, place.directory()).map(Scrubber::of).orElse(Scrubber.of(List.of()));
    }

    /** Whether an upgrade made it. */
    boolean isOurs(ContainerInspection container) {
        return place.directory().toString().equals(container.labels().get(UpliftLabels.NODE));
    }

    /** The epoch of the command that made a container; 0 if no upgrade did. */
    static long epoch(ContainerInspection container) {
        String epoch = container.labels().getOrDefault(UpliftLabels.EPOCH, "");
        return EPOCH.matcher(epoch).matches() ? Long.parseLong(epoch) : 0;
    }

    /**
     * The image of a container by its digest in the node's repository.
     *
     * @throws StepFailure if the engine has it from elsewhere, or not at all any more
     */
    ImageReference image(ContainerInspection container) throws IOException, InterruptedException {
        Optional<ImageInspection> image = engine.images().find(container.imageId());
        List<ImageReference> pulled = image.map(ImageInspection::repoDigests).orElse(List.of()).stream()
                .filter(known -> known.repository().equals(place.repository().repository()))
                .toList();
        return pulled.stream()
                .filter(known -> container.imageName().endsWith(String.valueOf(known.digest())))
                .findFirst()
                .or(() -> pulled.stream().findFirst())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        image.isEmpty()
                                ? "the image of container " + container.name() + " (" + container.imageName()
                                        + ") was removed from the engine: pull it again"
                                : "the image of container " + container.name() + " (" + container.imageName()
                                        + ") was not pulled from "
                                        + place.repository().name()
                                        + ": it has no digest there to go back to"));
    }

    /** The digest of that image without its algorithm: 64 hexadecimal digits. */
    String sha256(ContainerInspection container) throws IOException, InterruptedException {
        return String.valueOf(image(container).digest()).substring(SHA256.length());
    }

    /** The node's image with this digest. */
    ImageReference image(String sha256) {
        try {
            return place.repository().at(SHA256 + sha256);
        } catch (InvalidImageReferenceException e) {
            throw StepFailure.refused(ErrorCode.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /** One start of a container. */
    static Instance instance(ContainerInspection container) {
        return new Instance(
                container.id() + "@" + container.startedAt(),
                "container " + container.name() + " (" + container.shortId() + ")");
    }

    /** The container of a start. */
    static String id(Instance instance) {
        return instance.identity().substring(0, instance.identity().indexOf('@'));
    }

    /** Ids of running containers that share a namespace of this one: they end with it. */
    List<String> sharing(ContainerInspection container) throws IOException, InterruptedException {
        List<String> names = new ArrayList<>();
        for (Container other : engine.containers().all()) {
            // One that is being removed has neither.
            ContainerHostConfig host = other.getHostConfig();
            String[] called = other.getNames();
            if (host != null
                    && called != null
                    && called.length > 0
                    && Objects.equals(host.getNetworkMode(), "container:" + container.id())) {
                names.add(called[0].replaceFirst("^/", ""));
            }
        }
        return names;
    }
}
