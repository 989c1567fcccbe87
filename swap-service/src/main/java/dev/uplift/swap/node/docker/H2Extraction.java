/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.Containers;
import dev.uplift.docker.CreateRequest;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.ImageInspection;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.docker.Recreation;
import dev.uplift.docker.RestartPolicy;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves an H2 database out of a container's own layer into a volume, by making the container again with one:
 * everything else stays as it is, the image too. The application is down meanwhile. The old container is kept
 * under another name, with the database as it was.
 *
 * <p>If anything fails, the old container has its name again and runs. The name is given away only when the copy is
 * proven: whoever finds the application down after a death in the middle, and starts what has its name, starts it on the
 * whole database.
 */
public final class H2Extraction {
    private static final Logger LOG = LoggerFactory.getLogger(H2Extraction.class);

    private final DockerEngine engine;
    private final Containers containers;
    private final Duration grace;

    /** Gives the application this long to stop. */
    public H2Extraction(DockerEngine engine, Duration grace) {
        this.engine = engine;
        this.containers = engine.containers();
        this.grace = grace;
    }

    /**
     * Does it.
     *
     * @param database the database's file in the container, as its settings name it
     * @param volume the new volume's name
     * @return the container that runs now
     * @throws StepFailure if there is no such file, or it lies where no volume can be put
     */
    public ContainerInspection extract(ContainerInspection container, Path database, String volume)
            throws IOException, InterruptedException {
        Path file = file(container, database);
        Path directory = file.getParent();
        if (directory == null || directory.getNameCount() == 0) {
            throw StepFailure.refused(
                    ErrorCode.PREFLIGHT_REFUSED,
                    file + " lies in the container's root, where no volume can be put; move it by hand");
        }
        CreateRequest request = request(container, directory, volume);
        RestartPolicy policy = container.restartPolicy();
        try {
            containers.stop(container.id(), grace);
            String id = containers.create(request);
            copy(container.id(), id, directory, file);
            containers.restartPolicy(container.id(), RestartPolicy.NO);
            containers.rename(container.id(), container.name() + "-uplift-" + container.shortId());
            containers.rename(id, container.name());
            containers.restartPolicy(id, policy);
            containers.start(id);
            return containers.inspect(id);
        } catch (IOException | InterruptedException | RuntimeException e) {
            putBack(container, request, policy, e);
            throw e;
        }
    }

    private Path file(ContainerInspection container, Path database) throws IOException, InterruptedException {
        for (Path candidate : List.of(ContainerDatabase.nested(database), database)) {
            if (engine.files()
                    .tar(container.id(), candidate.toString(), in -> in.readNBytes(1))
                    .isPresent()) {
                return candidate;
            }
        }
        throw StepFailure.refused(
                ErrorCode.PREFLIGHT_REFUSED, "there is no " + database + " in container " + container.name());
    }

    private CreateRequest request(ContainerInspection container, Path directory, String volume)
            throws IOException, InterruptedException {
        ImageInspection image = engine.images()
                .find(container.imageId())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "the image of " + container.name() + " was removed from the engine"));
        String engineHost = engine.info().getName();
        CreateRequest same;
        try {
            ImageReference name = ImageReference.parse(container.imageName());
            same = new Recreation(container, image, engineHost).of(name, Map.of());
            if (engine.images()
                    .find(name)
                    .filter(found -> found.id().equals(image.id()))
                    .isEmpty()) {
                same.body().put("Image", image.id());
            }
        } catch (InvalidImageReferenceException _) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED,
                    "the image of " + container.name() + " has no name, only " + container.imageName());
        }
        ObjectNode hostConfig = same.body().withObjectProperty("HostConfig");
        hostConfig.withArrayProperty("Binds").add(volume + ":" + directory);
        return new CreateRequest(container.name() + "-uplift-h2", same.platform(), same.body(), same.furtherNetworks());
    }

    private void copy(String from, String to, Path directory, Path file) throws IOException, InterruptedException {
        Path above = directory.getParent();
        boolean copied = engine.files()
                .tar(from, directory.toString(), tar -> {
                    engine.files().untar(to, above == null ? "/" : above.toString(), tar);
                    return true;
                })
                .orElse(false);
        if (!copied || !hash(from, file).equals(hash(to, file))) {
            throw StepFailure.refused(
                    ErrorCode.HOST_UNEXPECTED, file + " is not the same in the volume as in the container");
        }
    }

    private Optional<String> hash(String container, Path file) throws IOException, InterruptedException {
        return engine.files().file(container, file.toString(), H2Extraction::hash);
    }

    private static String hash(InputStream content) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            new DigestInputStream(content, digest).transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void putBack(ContainerInspection origin, CreateRequest request, RestartPolicy policy, Throwable failure) {
        try {
            for (String name : List.of(request.name(), origin.name())) {
                Optional<ContainerInspection> made = containers
                        .find(name)
                        .filter(found -> found.name().equals(name)
                                && !found.id().equals(origin.id())
                                && found.labels().containsKey(UpliftLabels.REQUEST));
                if (made.isPresent()) {
                    containers.kill(made.get().id());
                    containers.awaitExit(made.get().id(), grace);
                    containers.remove(made.get().id());
                }
            }
            containers.rename(origin.id(), origin.name());
            containers.restartPolicy(origin.id(), policy);
            containers.start(origin.id());
        } catch (IOException e) {
            LOG.error("container {} could not be put back", origin.name(), e);
            failure.addSuppressed(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
