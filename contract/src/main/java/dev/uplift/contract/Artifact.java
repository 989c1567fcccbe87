/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A verified artifact: a JAR in the artifact-service's store, or an image in its registry.
 *
 * @param sha256 of the JAR, or the image's digest
 * @param sizeBytes of the JAR, or of the image's manifest
 * @param version read from the artifact itself
 * @param edition read from the artifact itself; absent where the application has none
 * @param location where hosts get it: an http URL of the JAR, {@code docker://REPOSITORY@sha256:...} of an image
 * @param pinned whether an operator gave the hash, for this upgrade or for one that was completed; if not, it is the
 *     hash of what was fetched
 * @param javaMin the least feature number of a Java that a JAR's main class runs on; absent: not known, or an image,
 *     which brings its own
 */
public record Artifact(
        String sha256,
        long sizeBytes,
        String version,
        @Nullable String edition,
        URI location,
        boolean pinned,
        @Nullable Integer javaMin) {
    private static final String IMAGE = "docker://";

    public Artifact {
        sha256 = Checks.sha256(Checks.present(sha256, "artifact.sha256"), "artifact.sha256");
        Checks.atLeast(1, sizeBytes, "artifact.sizeBytes");
        Checks.text(version, "artifact.version");
        Checks.optionalText(edition, "artifact.edition");
        if (!Checks.present(location, "artifact.location").isAbsolute()) {
            throw new IllegalArgumentException("artifact.location is not absolute");
        }
        var _ = repository(location, sha256);
        if (javaMin != null) {
            Checks.atLeast(1, javaMin, "artifact.javaMin");
        }
    }

    /** One that does not say which Java it needs. */
    public Artifact(
            String sha256, long sizeBytes, String version, @Nullable String edition, URI location, boolean pinned) {
        this(sha256, sizeBytes, version, edition, location, pinned, null);
    }

    /** The repository of an image; empty for a JAR. */
    public Optional<String> repository() {
        return repository(location, sha256);
    }

    /** Whether this is what the node runs: a JAR, or the image of its repository. */
    public boolean isFor(NodeSpec node) {
        return switch (node) {
            case NodeSpec.InDirectory _ -> repository().isEmpty();
            case NodeSpec.Docker container ->
                repository().filter(container.image()::equals).isPresent();
        };
    }

    private static Optional<String> repository(URI location, String sha256) {
        String text = location.toString();
        String digest = "@sha256:" + sha256;
        if (!text.startsWith(IMAGE)) {
            return Optional.empty();
        }
        if (!text.endsWith(digest)) {
            throw new IllegalArgumentException("artifact.location is not by the image's digest");
        }
        return Optional.of(Checks.repository(
                text.substring(IMAGE.length(), text.length() - digest.length()), "artifact.location"));
    }
}
