/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.docker.ComposeService;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.docker.Containers;
import dev.uplift.docker.CreateRequest;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.ImageInspection;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.NameTakenException;
import dev.uplift.docker.Recreation;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts a container of another image in a stopped container's place, and the old one back.
 *
 * <pre>
 * name             origin   ->   (nobody)   ->   created, never ran
 * name-uplift-ID                 origin          origin
 * </pre>
 *
 * <p>The origin is only renamed: it is the way back, with its own layer, until it is no longer kept. Nothing
 * of it can start by itself, because its restart policy was set to {@code no} before it was stopped. Cut off
 * anywhere, the same again looks who has the name and goes on from there.
 */
final class ContainerSwitching {
    private final NodeWork work;
    private final ContainerFamily family;
    private final Containers containers;

    ContainerSwitching(NodeWork work, ContainerFamily family) {
        this.work = work;
        this.family = family;
        this.containers = family.engine().containers();
    }

    /** To the target of the command. */
    void over() throws IOException, InterruptedException, FencedException {
        ContainerRecord record = family.record();
        ContainerInspection origin = origin(record);
        ImageReference target = family.image(work.targetSha256());
        ImageInspection image = staged(target, record);
        Optional<ContainerInspection> occupant = family.inPlace();
        if (occupant.isPresent() && occupant.get().id().equals(origin.id())) {
            if (image.id().equals(origin.imageId())) {
                return;
            }
            work.runLocked(SwapEffect.SWITCH_ASIDE, () -> containers.rename(origin.id(), aside(origin)));
        } else if (occupant.isPresent()) {
            requireOurs(occupant.get());
            if (!occupant.get().imageId().equals(image.id())) {
                discard(occupant.get(), SwapEffect.SWITCH_DISCARD);
            }
        }
        CreateRequest request = request(record, target);
        try {
            work.callLocked(SwapEffect.SWITCH_CREATE, () -> containers.create(request));
        } catch (NameTakenException e) {
            throw StepFailure.refused(ErrorCode.INTERFERED, String.valueOf(e.getMessage()));
        }
    }

    /** To the container that ran before. */
    void back() throws IOException, InterruptedException, FencedException {
        ContainerInspection origin = origin(family.record());
        Optional<ContainerInspection> occupant = family.inPlace();
        if (occupant.isPresent() && occupant.get().id().equals(origin.id())) {
            return;
        }
        if (occupant.isPresent()) {
            requireOurs(occupant.get());
            discard(occupant.get(), SwapEffect.REVERT_DISCARD);
        }
        work.runLocked(
                SwapEffect.REVERT_NAME,
                () -> containers.rename(origin.id(), family.place().container()));
    }

    /** What the node's container of this image is created with. */
    CreateRequest request(ContainerRecord record, ImageReference target) throws IOException, InterruptedException {
        ImageInspection oldImage = family.engine()
                .images()
                .find(record.container().imageId())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "the image of the old container was removed from the engine: what its operator set cannot be"
                                + " told from what it inherited"));
        String engineHost = family.engine().info().getName();
        Map<String, String> labels = Map.of(
                UpliftLabels.INSTALLATION,
                work.command().installation().id().toString(),
                UpliftLabels.NODE,
                family.place().directory().toString(),
                UpliftLabels.EPOCH,
                Long.toString(work.command().epoch()));
        return new Recreation(record.container(), oldImage, engineHost).of(target, labels);
    }

    /**
     * Forgets the predecessors that are no longer kept, and makes what is in place the next origin. None is kept of a
     * service of Docker Compose: by its labels it is a second container of the service, and the next {@code up} could start
     * it instead of the new one.
     */
    void commit() throws IOException, InterruptedException, FencedException {
        ContainerRecord record = family.record();
        ContainerInspection inPlace = family.requireInPlace();
        boolean moved = !inPlace.id().equals(record.container().id());
        if (moved) {
            String origin = record.container().id();
            boolean composed = ComposeService.of(inPlace).isPresent();
            List<String> unkept = new ArrayList<>(record.retired());
            if (composed) {
                unkept.add(origin);
            }
            for (String id : unkept) {
                Optional<ContainerInspection> old = containers.find(id).filter(found -> !found.lives());
                if (old.isPresent() && !id.equals(inPlace.id())) {
                    discard(old.get(), SwapEffect.COMMIT_CONTAINERS);
                }
            }
            List<String> retired = composed ? List.of() : List.of(origin);
            // Of a node that is left out it is held still; of another it is the same.
            ContainerRecord next = new ContainerRecord(inPlace.raw(), record.jar(), retired)
                    .withRestartPolicy(record.inspection().path("HostConfig").path("RestartPolicy"));
            work.runFenced(
                    SwapEffect.COMMIT_RECORD,
                    held -> next.write(held, family.place().directory()));
        }
    }

    /** The image of the target, pulled again if somebody has removed it since it was staged. */
    private ImageInspection staged(ImageReference target, ContainerRecord record)
            throws IOException, InterruptedException {
        Optional<ImageInspection> staged = family.engine().images().find(target);
        return staged.isPresent() ? staged.get() : new ImageStaging(work, family).pull(target, record);
    }

    private ContainerInspection origin(ContainerRecord record) throws IOException, InterruptedException {
        return containers
                .find(record.container().id())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "the old container " + record.container().shortId()
                                + " was removed by somebody: there is nothing to go back to; register what runs now"));
    }

    private void discard(ContainerInspection container, SwapEffect effect)
            throws IOException, InterruptedException, FencedException {
        if (container.lives()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    ContainerFamily.instance(container) + " runs although it was stopped; stop it and retry");
        }
        try {
            work.runLocked(effect, () -> containers.remove(container.id()));
        } catch (DockerException e) {
            throw StepFailure.retryable(ErrorCode.HOST_UNEXPECTED, String.valueOf(e.getMessage()));
        }
    }

    private void requireOurs(ContainerInspection container) throws FencedException {
        if (!family.isOurs(container)) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    ContainerFamily.instance(container) + " was put in the place of "
                            + family.place().container() + " by somebody else; rename it or remove it, and retry");
        }
        long epoch = ContainerFamily.epoch(container);
        if (epoch > work.command().epoch()) {
            throw new FencedException(ContainerFamily.instance(container) + " was made by a newer command, of epoch "
                    + epoch + "; this one is of epoch " + work.command().epoch());
        }
        work.run().progress(Progress.of("looking at what an earlier try has left"));
    }

    private String aside(ContainerInspection origin) {
        return family.place().container() + "-uplift-" + origin.shortId();
    }
}
