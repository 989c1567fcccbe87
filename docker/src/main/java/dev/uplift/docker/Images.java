/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.model.AuthConfig;
import com.github.dockerjava.api.model.PullResponseItem;
import com.github.dockerjava.api.model.ResponseItem.ErrorDetail;
import com.github.dockerjava.api.model.ResponseItem.ProgressDetail;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The images of one engine. */
public final class Images {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PULL_SILENCE_MAX = Duration.ofMinutes(5);
    private static final String LOGIN = "X-Registry-Auth";

    private final EngineClient client;

    Images(EngineClient client) {
        this.client = client;
    }

    /** Is told how far a pull has come. */
    @FunctionalInterface
    public interface PullProgress {
        /**
         * Called now and then, from another thread.
         *
         * @param doneBytes of the layers that are not here yet
         * @param totalBytes of those whose size is known so far: it grows in the beginning
         */
        void pulled(long doneBytes, long totalBytes);
    }

    /** An image by its id. */
    public Optional<ImageInspection> find(String id) throws IOException, InterruptedException {
        return inspect(id);
    }

    /** The image that a reference stands for on this engine. A tag may stand for another one at the registry. */
    public Optional<ImageInspection> find(ImageReference reference) throws IOException, InterruptedException {
        if (reference.digest() == null) {
            return inspect(reference.toString());
        }
        return inspect(reference.byDigest()).filter(image -> image.is(reference));
    }

    /**
     * Asks the registry once what a tag stands for now. Nothing is pulled. A reference that names a digest
     * is answered as it is, if the registry has it.
     *
     * @throws DockerException if the registry does not have it, is not reached, or wants a login
     */
    public ImageReference resolve(ImageReference reference, RegistryLogins logins)
            throws IOException, InterruptedException {
        String wanted =
                reference.digest() == null ? reference.name() + ":" + reference.tagOrDigest() : reference.byDigest();
        EngineRequest request = EngineRequest.get("/distribution/{}/json", wanted);
        Optional<AuthConfig> login = logins.login(reference);
        if (login.isPresent()) {
            request = request.header(LOGIN, encoded(login.get()));
        }
        try {
            JsonNode answer = client.call(request);
            return reference.at(answer.path("Descriptor").path("digest").asText());
        } catch (DockerRefusedException e) {
            throw explained(reference, e.getMessage(), e);
        } catch (InvalidImageReferenceException e) {
            throw new DockerException("the registry of " + reference + " answers another digest: " + e.getMessage());
        }
    }

    /**
     * Makes sure that the engine has exactly what the registry keeps under this digest.
     *
     * @param pinned with a digest
     * @param platform such as {@code linux/amd64}
     * @return the image, whose digest and platform are these
     * @throws DockerException if it cannot be pulled, or is of another platform
     */
    public ImageInspection pull(ImageReference pinned, RegistryLogins logins, String platform, PullProgress progress)
            throws IOException, InterruptedException {
        Optional<ImageInspection> present = find(pinned);
        if (present.isEmpty()) {
            fetch(pinned, logins, platform, progress);
            present = find(pinned);
        }
        ImageInspection image = present.orElseThrow(() -> new DockerException(
                "the engine says that it has pulled " + pinned + ", but has no image of that digest"));
        if (!image.platform().equals(platform)) {
            throw new DockerException(pinned + " is for " + image.platform() + ", needed is " + platform);
        }
        return image;
    }

    private void fetch(ImageReference pinned, RegistryLogins logins, String platform, PullProgress progress)
            throws IOException, InterruptedException {
        @Nullable AuthConfig login = logins.login(pinned).orElse(null);
        try {
            Optional<String> error = client.stream(PULL_SILENCE_MAX, docker -> {
                Layers layers = new Layers();
                docker.pullImageCmd(pinned.name())
                        .withTag(String.valueOf(pinned.digest()))
                        .withPlatform(platform)
                        .withAuthConfig(login)
                        .exec(new AnswerCallback<>((PullResponseItem item) -> {
                            if (layers.add(item)) {
                                progress.pulled(layers.doneBytes(), layers.totalBytes());
                            }
                        }))
                        .await();
                return layers.error();
            });
            if (error.isPresent()) {
                throw explained(pinned, error.get(), null);
            }
        } catch (DockerRefusedException e) {
            throw explained(pinned, e.getMessage(), e);
        }
    }

    /** Forgets a name of an image, and the image if no other name and no container is left. Nothing is forced. */
    public void remove(ImageReference reference) throws IOException, InterruptedException {
        String name = reference.digest() == null ? reference.toString() : reference.byDigest();
        try {
            client.call(EngineRequest.delete("/images/{}", name));
        } catch (DockerRefusedException e) {
            if (!e.notFound() && !e.conflict()) {
                throw e;
            }
        }
    }

    private Optional<ImageInspection> inspect(String name) throws IOException, InterruptedException {
        try {
            return Optional.of(new ImageInspection(client.call(EngineRequest.get("/images/{}/json", name))));
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** As docker-java sends it with its own commands. */
    private static String encoded(AuthConfig login) throws IOException {
        return Base64.getUrlEncoder().encodeToString(JSON.writeValueAsBytes(login));
    }

    private static DockerException explained(ImageReference image, @Nullable String reason, @Nullable Throwable cause) {
        String text = String.valueOf(reason);
        String advice = "";
        if (text.contains("unauthorized") || text.contains("denied") || text.contains("no basic auth")) {
            advice = "; does the registry " + image.registry() + " need a login, and is the given one right?";
        } else if (text.contains("manifest unknown") || text.contains("not found")) {
            advice = "; is the tag or digest published in " + image.name() + "?";
        }
        return new DockerException(image + " cannot be had from its registry: " + text + advice, cause);
    }

    /** Adds up the layers of a pull. */
    private static final class Layers {
        private final Map<String, Long> done = new HashMap<>();
        private final Map<String, Long> total = new HashMap<>();
        private Optional<String> error = Optional.empty();

        /** Whether there is progress. */
        boolean add(PullResponseItem item) {
            ErrorDetail failed = item.getErrorDetail();
            if (failed != null && error.isEmpty()) {
                error = Optional.of(String.valueOf(failed.getMessage()));
            }
            String layer = String.valueOf(item.getId());
            return switch (String.valueOf(item.getStatus())) {
                case "Downloading" -> {
                    ProgressDetail detail = item.getProgressDetail();
                    done.put(layer, detail == null ? 0 : bytes(detail.getCurrent()));
                    total.merge(layer, detail == null ? 0 : bytes(detail.getTotal()), Math::max);
                    yield true;
                }
                case "Download complete" -> {
                    done.put(layer, total.getOrDefault(layer, 0L));
                    yield true;
                }
                default -> false;
            };
        }

        /** What the pull failed of. */
        Optional<String> error() {
            return error;
        }

        private static long bytes(@Nullable Long bytes) {
            return bytes == null ? 0 : bytes;
        }

        long doneBytes() {
            return done.values().stream().mapToLong(Long::longValue).sum();
        }

        long totalBytes() {
            return total.values().stream().mapToLong(Long::longValue).sum();
        }
    }
}
