/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.docker.CreateRequest;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.docker.ImageInspection;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.Map;

/** Brings a node's next image to its engine, while the old one still runs. */
final class ImageStaging {
    private final NodeWork work;
    private final ContainerFamily family;

    ImageStaging(NodeWork work, ContainerFamily family) {
        this.work = work;
        this.family = family;
    }

    /**
     * Pulls the target of the command by its digest, and looks into it.
     *
     * @throws StepFailure if it cannot be had, is for another platform, or is another version
     */
    void stage() throws IOException, InterruptedException {
        ContainerRecord record = family.record();
        ImageReference target = family.image(work.targetSha256());
        ImageInspection image = pull(target, record);
        if (record.jar() == null) {
            return;
        }
        ApplicationVersion wanted = work.version(work.command().to());
        if (version(image, record.jar(), target) instanceof VersionReading.Known(ApplicationVersion found)
                && !found.equals(wanted)) {
            throw StepFailure.refused(
                    ErrorCode.ARTIFACT_WRONG, target + " holds " + found + ", asked for is " + wanted);
        }
    }

    /** Pulls an image, for the platform that the node has had. */
    ImageInspection pull(ImageReference target, ContainerRecord record) throws IOException, InterruptedException {
        DockerEngine engine = family.engine();
        String platform = engine.images()
                .find(record.container().imageId())
                .map(ImageInspection::platform)
                .orElse(engine.version().os() + "/" + engine.version().architecture());
        try {
            return engine.images().pull(target, family.place().logins(), platform, (done, total) -> {
                work.run().checkCancelled();
                work.run().progress(Progress.of("pulling", Progress.Unit.BYTES, done, total));
            });
        } catch (DockerUnreachableException | DockerLostException e) {
            throw e;
        } catch (DockerException e) {
            throw StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, String.valueOf(e.getMessage()));
        }
    }

    /**
     * The version that an image's JAR says it is. The image is not run: a container of it is created and removed. One
     * that a death has left has the same name, and is taken over or replaced.
     */
    private VersionReading version(ImageInspection image, String jar, ImageReference target)
            throws IOException, InterruptedException {
        DockerEngine engine = family.engine();
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("Image", target.toString()).put("NetworkDisabled", true);
        body.withObjectProperty("Labels")
                .put(UpliftLabels.PURPOSE, "look")
                .put(
                        UpliftLabels.INSTALLATION,
                        work.command().installation().id().toString());
        String name = family.place().container() + "-uplift-look";
        String id = engine.containers().create(new CreateRequest(name, image.platform(), body, Map.of()));
        try {
            return work.profile().jarIdentity(new ContainerJar(engine, id, jar));
        } finally {
            engine.containers().remove(id);
        }
    }
}
