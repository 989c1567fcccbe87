package dev.uplift.contract;

import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * A verified artifact: a JAR in the artifact-service's store or, where the nodes are containers, an image in its
 * registry.
 *
 * @param sha256 of the JAR, or the image's digest
 * @param sizeBytes of the JAR, or of the image's manifest
 * @param version read from the artifact itself
 * @param edition read from the artifact itself; absent where the application has none
 * @param location where hosts get it: an http URL of the JAR, {@code docker://REPOSITORY@sha256:...} of an image
 * @param pinned whether an operator gave the hash; if not, it is the hash of what was fetched first
 */
public record Artifact(
        String sha256,
        long sizeBytes,
        String version,
        @Nullable String edition,
        URI location,
        boolean pinned) {
    public Artifact {
        sha256 = Checks.sha256(Checks.present(sha256, "artifact.sha256"), "artifact.sha256");
        Checks.atLeast(1, sizeBytes, "artifact.sizeBytes");
        Checks.text(version, "artifact.version");
        Checks.optionalText(edition, "artifact.edition");
        if (!Checks.present(location, "artifact.location").isAbsolute()) {
            throw new IllegalArgumentException("artifact.location is not absolute");
        }
    }
}
