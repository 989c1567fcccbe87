package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;

/**
 * A proven backup: it was restored into a scratch database whose content hash was equal.
 *
 * @param contentHash of the data, not of the backup's files: equal databases have equal hashes
 * @param sizeBytes of the backup's files
 * @param version of the application that wrote the data
 * @param artifactSha256 of the JAR that ran on the data
 * @param takenAt of the snapshot of the data, which was proven later
 */
public record Backup(
        UUID id, String contentHash, long sizeBytes, String version, String artifactSha256, Instant takenAt) {
    public Backup {
        Checks.present(id, "backup.id");
        Checks.text(contentHash, "backup.contentHash");
        Checks.atLeast(0, sizeBytes, "backup.sizeBytes");
        Checks.text(version, "backup.version");
        Checks.text(artifactSha256, "backup.artifactSha256");
        Checks.present(takenAt, "backup.takenAt");
    }
}
