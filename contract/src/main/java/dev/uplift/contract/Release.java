/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One version of an application, in every form that nodes run it in.
 *
 * @param version as the application names it, such as {@code v0.50.1}
 * @param edition as the profile names it; absent where the application has none
 * @param sha256 of the JAR, 64 hexadecimal digits; absent: not known, or nobody has pinned it
 * @param images the digests of its images, 64 hexadecimal digits, by repository; absent: none is known or pinned
 * @param url where to fetch the JAR; absent: the profile's location
 */
public record Release(
        String version,
        @Nullable String edition,
        @Nullable String sha256,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) Map<String, String> images,
        @Nullable URI url) {
    public Release {
        Checks.text(version, "release.version");
        Checks.optionalText(edition, "release.edition");
        if (sha256 != null) {
            sha256 = Checks.sha256(sha256, "release.sha256");
        }
        images = Checks.images(Objects.requireNonNullElse(images, Map.of()), "release.images");
        if (url != null && !url.isAbsolute()) {
            throw new IllegalArgumentException("release.url is not absolute");
        }
    }

    /** One of whose images nothing is known. */
    public Release(String version, @Nullable String edition, @Nullable String sha256, @Nullable URI url) {
        this(version, edition, sha256, Map.of(), url);
    }

    /** The same, of which a node runs what has this hash. */
    public Release with(NodeSpec node, String hash) {
        return switch (node) {
            case NodeSpec.InDirectory _ -> new Release(version, edition, hash, images, url);
            case NodeSpec.Docker container -> {
                Map<String, String> more = new HashMap<>(images);
                more.put(container.image(), hash);
                yield new Release(version, edition, sha256, more, url);
            }
        };
    }

    /** The same, of which each node runs the artifact that is for it; of a node without one it says what it said. */
    public Release with(List<Artifact> artifacts, List<NodeSpec> nodes) {
        Release release = this;
        String theirs = edition;
        for (Artifact artifact : artifacts) {
            theirs = artifact.edition() == null ? theirs : artifact.edition();
            for (NodeSpec node : nodes) {
                release = artifact.isFor(node) ? release.with(node, artifact.sha256()) : release;
            }
        }
        return new Release(version, theirs, release.sha256(), release.images(), url);
    }

    /** The hash of what this node runs of it: its JAR, or the image of its repository. Empty: not known. */
    public Optional<String> sha256(NodeSpec node) {
        return Optional.ofNullable(
                switch (node) {
                    case NodeSpec.InDirectory _ -> sha256;
                    case NodeSpec.Docker container -> images.get(container.image());
                });
    }
}
