package dev.uplift.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The images of one engine. */
public final class Images {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PULL_SILENCE_MAX = Duration.ofMinutes(5);
    private static final String LOGIN = "X-Registry-Auth";

    private final EngineHttp http;

    Images(EngineHttp http) {
        this.http = http;
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
        String wanted = reference.digest() == null ? reference.name() + ":" + reference.wanted() : reference.byDigest();
        EngineRequest request = withLogin(EngineRequest.get("/distribution/{}/json", wanted), reference, logins);
        try {
            JsonNode answer = http.call(request);
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
        EngineRequest request = withLogin(
                        EngineRequest.post("/images/create")
                                .query("fromImage", pinned.name())
                                .query("tag", String.valueOf(pinned.digest()))
                                .query("platform", platform),
                        pinned,
                        logins)
                .silentFor(PULL_SILENCE_MAX);
        try {
            String error = http.read(request, body -> {
                Layers layers = new Layers();
                try (MappingIterator<JsonNode> lines =
                        JSON.readerFor(JsonNode.class).readValues(body)) {
                    while (lines.hasNextValue()) {
                        JsonNode line = lines.nextValue();
                        if (line.hasNonNull("error")) {
                            return line.path("error").asText();
                        }
                        if (layers.note(line)) {
                            progress.pulled(layers.doneBytes(), layers.totalBytes());
                        }
                    }
                }
                return "";
            });
            if (!error.isEmpty()) {
                throw explained(pinned, error, null);
            }
        } catch (DockerRefusedException e) {
            throw explained(pinned, e.getMessage(), e);
        }
    }

    /** Forgets a name of an image, and the image if no other name and no container is left. Nothing is forced. */
    public void remove(ImageReference reference) throws IOException, InterruptedException {
        String name = reference.digest() == null ? reference.toString() : reference.byDigest();
        try {
            http.call(EngineRequest.delete("/images/{}", name));
        } catch (DockerRefusedException e) {
            if (!e.notFound() && !e.conflict()) {
                throw e;
            }
        }
    }

    private Optional<ImageInspection> inspect(String name) throws IOException, InterruptedException {
        try {
            return Optional.of(new ImageInspection(http.call(EngineRequest.get("/images/{}/json", name))));
        } catch (DockerRefusedException e) {
            if (e.notFound()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static EngineRequest withLogin(EngineRequest request, ImageReference image, RegistryLogins logins)
            throws IOException {
        Optional<String> login = logins.header(image);
        return login.isPresent() ? request.header(LOGIN, login.get()) : request;
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

        boolean note(JsonNode line) {
            String layer = line.path("id").asText();
            return switch (line.path("status").asText()) {
                case "Downloading" -> {
                    JsonNode detail = line.path("progressDetail");
                    done.put(layer, detail.path("current").asLong());
                    total.merge(layer, detail.path("total").asLong(), Math::max);
                    yield true;
                }
                case "Download complete" -> {
                    done.put(layer, total.getOrDefault(layer, 0L));
                    yield true;
                }
                default -> false;
            };
        }

        long doneBytes() {
            return done.values().stream().mapToLong(Long::longValue).sum();
        }

        long totalBytes() {
            return total.values().stream().mapToLong(Long::longValue).sum();
        }
    }
}
