/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.step;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.artifact.transfer.HttpSource;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Json;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.SecretUnavailableException;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepRun;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Resolves the tag of an image to its digest: what is fetched where nodes are containers. Nothing is kept here; engines
 * pull by the digest, and what they pull they verify by it. Once an upgrade was completed with a digest, the tag is not
 * asked for any more. A registry is told its login if it asks
 * for one, over TLS or on loopback.
 */
final class ImageDigests {
    private static final String MANIFESTS = "application/vnd.oci.image.index.v1+json,"
            + "application/vnd.docker.distribution.manifest.list.v2+json,"
            + "application/vnd.oci.image.manifest.v1+json,"
            + "application/vnd.docker.distribution.manifest.v2+json";

    private static final Map<String, String> QUESTION = Map.of("Accept", MANIFESTS);

    private static final Pattern DIGEST = Pattern.compile("sha256:([0-9a-f]{64})");
    private static final Pattern PARAMETER = Pattern.compile("(realm|service|scope)=\"([^\"]*)\"");
    private static final Pattern LOOPBACK = Pattern.compile("(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[::1])(:\\d+)?");
    private static final int TOKEN_BYTES_MAX = 65_536;

    private final HttpSource source;
    private final RegistryLogins logins;

    ImageDigests(HttpSource source, RegistryLogins logins) {
        this.source = source;
        this.logins = logins;
    }

    /** A digest, its hexadecimal digits only, and the size of what it is of; 1 where nobody has said that. */
    record Resolved(String sha256, long sizeBytes) {}

    /**
     * The image of a release.
     *
     * @throws StepFailure ARTIFACT_WRONG if another one was pinned before, ARTIFACT_UNAVAILABLE if the
     *     registry does not have it or does not answer
     */
    Artifact fetch(RequestedRelease requested, RequestedRelease.Image image, StepRun run)
            throws IOException, InterruptedException {
        Resolved resolved = resolve(requested, image, run);
        return new Artifact(
                resolved.sha256(),
                resolved.sizeBytes(),
                requested.version().text(),
                requested.edition(),
                URI.create(image.url() + "@sha256:" + resolved.sha256()),
                RequestedRelease.isPinned(resolved.sha256(), image.pinned(), image.known()));
    }

    private Resolved resolve(RequestedRelease requested, RequestedRelease.Image image, StepRun run)
            throws IOException, InterruptedException {
        requested.requirePin(image.pinned(), image.known());
        Artifact known = image.known();
        String pinned = image.pinned();
        if (known != null && (pinned == null || pinned.equals(known.sha256()))) {
            return new Resolved(known.sha256(), known.sizeBytes());
        }
        return pinned == null ? ask(tagged(image, requested.version().text()), run) : new Resolved(pinned, 1);
    }

    private Resolved ask(ImageReference image, StepRun run) throws IOException, InterruptedException {
        String registry = image.registry().equals("docker.io") ? "registry-1.docker.io" : image.registry();
        String scheme = LOOPBACK.matcher(registry).matches() ? "http" : "https";
        URI url = URI.create(scheme + "://" + registry + "/v2/" + image.path() + "/manifests/" + image.tagOrDigest());
        Optional<String> challenge;
        try (HttpSource.Reply reply = source.ask("HEAD", url, QUESTION, run::cancelled)) {
            if (reply.status() != 401) {
                return digest(reply, image);
            }
            challenge = reply.header("WWW-Authenticate");
        }
        Map<String, String> headers = new HashMap<>(QUESTION);
        headers.put("Authorization", authorization(challenge.orElse(""), image, run));
        try (HttpSource.Reply reply = source.ask("HEAD", url, headers, run::cancelled)) {
            return digest(reply, image);
        }
    }

    /** What the registry is told after it has asked who we are. */
    private String authorization(String challenge, ImageReference image, StepRun run)
            throws IOException, InterruptedException {
        Optional<String> login = login(image);
        return challenge.startsWith("Basic ")
                ? login.orElseThrow(() -> refused(image))
                : "Bearer " + token(challenge, login, image, run);
    }

    private Optional<String> login(ImageReference image) throws InterruptedException {
        try {
            return logins.authorization(image);
        } catch (IOException e) {
            String detail = "the login for the registry of " + image.name() + " cannot be had: " + e.getMessage();
            // A helper asks somebody else, who may answer later; a file or a variable stays as it is.
            throw e instanceof SecretUnavailableException
                    ? StepFailure.refused(ErrorCode.ARTIFACT_UNAVAILABLE, detail, e)
                    : StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, detail, e);
        }
    }

    private static Resolved digest(HttpSource.Reply reply, ImageReference image) {
        Matcher digest = DIGEST.matcher(reply.header("Docker-Content-Digest").orElse(""));
        return switch (reply.status()) {
            case 200 -> {
                if (!digest.matches()) {
                    throw unavailable(image, "names no SHA-256 digest for the tag " + image.tagOrDigest());
                }
                yield new Resolved(digest.group(1), Math.max(1, reply.length().orElse(1)));
            }
            case 404 -> throw unavailable(image, "has no tag " + image.tagOrDigest());
            case 401, 403 -> throw refused(image);
            default -> throw unavailable(image, "answers " + reply.status() + " to the tag " + image.tagOrDigest());
        };
    }

    private String token(String challenge, Optional<String> login, ImageReference image, StepRun run)
            throws IOException {
        String realm = "";
        StringBuilder query = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(challenge.startsWith("Bearer ") ? challenge : "");
        while (parameter.find()) {
            if (parameter.group(1).equals("realm")) {
                realm = parameter.group(2);
            } else {
                query.append(query.isEmpty() ? "?" : "&")
                        .append(parameter.group(1))
                        .append('=')
                        .append(URLEncoder.encode(parameter.group(2), StandardCharsets.UTF_8));
            }
        }
        if (!realm.startsWith("https://") || realm.contains("?")) {
            throw refused(image);
        }
        Map<String, String> headers =
                login.map(text -> Map.of("Authorization", text)).orElse(Map.of());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        try (HttpSource.Reply reply = source.ask("GET", URI.create(realm + query), headers, run::cancelled)) {
            if (reply.status() != 200) {
                throw refused(image);
            }
            reply.read((buffer, count) -> {
                if (body.size() + count > TOKEN_BYTES_MAX) {
                    throw refused(image);
                }
                body.write(buffer, 0, count);
            });
            JsonNode answer = Json.mapper().readTree(body.toByteArray());
            String token =
                    answer.path("token").asText(answer.path("access_token").asText(""));
            if (!token.matches("[A-Za-z0-9._~+/=-]{1,20000}")) {
                throw refused(image);
            }
            return token;
        } catch (JacksonException | IllegalArgumentException e) {
            throw refused(image);
        }
    }

    private static StepFailure refused(ImageReference image) {
        return StepFailure.refused(
                ErrorCode.ARTIFACT_UNAVAILABLE,
                "the registry of " + image.name() + " wants a login, or another one than it was given: name it in"
                        + " uplift.registry.logins, or the digest of the image (--image " + image.name()
                        + "@sha256:...), by which the engine pulls");
    }

    private static StepFailure unavailable(ImageReference image, String what) {
        return StepFailure.retryable(ErrorCode.ARTIFACT_UNAVAILABLE, "the registry of " + image.name() + " " + what);
    }

    private static ImageReference tagged(RequestedRelease.Image image, String tag) {
        try {
            return ImageReference.parse(image.repository().name() + ":" + tag);
        } catch (InvalidImageReferenceException e) {
            throw StepFailure.refused(ErrorCode.INVALID, String.valueOf(e.getMessage()));
        }
    }
}
