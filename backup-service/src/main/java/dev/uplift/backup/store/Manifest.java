/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import dev.uplift.contract.Backup;
import dev.uplift.contract.Release;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a backup says of itself, in {@code manifest.json}. It holds no secret. Its MAC lies beside it.
 *
 * @param format of the backup's directory; 1
 * @param epoch of the installation when it was taken
 * @param release what ran on the data, with the hash of what every node ran
 * @param databaseKind {@code postgresql} or {@code h2}
 * @param database identity of the database that it was taken from
 * @param tool what wrote the files, with its version
 * @param contentHash of the data: equal databases have equal hashes
 * @param takenAt of the snapshot
 * @param sizeBytes of all files that {@code filesSha256} lists
 * @param fileCount of the same files
 * @param filesSha256 hash of {@code files.sha256}, which lists every file with its hash
 */
public record Manifest(
        int format,
        UUID backupId,
        UUID installationId,
        String installation,
        UUID sagaId,
        long epoch,
        String profile,
        Release release,
        String databaseKind,
        String database,
        String serverVersion,
        String tool,
        @Nullable Long databaseSizeBytes,
        String contentHash,
        Instant takenAt,
        long sizeBytes,
        long fileCount,
        String filesSha256) {
    /** The only format there is so far. */
    public static final int FORMAT = 1;

    /** As the rest of the system knows it. */
    public Backup backup() {
        return new Backup(backupId, contentHash, sizeBytes, release, takenAt);
    }
}
