/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;

/**
 * A proven backup: it was restored into a scratch database whose content hash was equal.
 *
 * @param contentHash of the data, not of the backup's files: equal databases have equal hashes
 * @param sizeBytes of the backup's files
 * @param release what ran on the data, with the hash of what every node ran
 * @param takenAt of the snapshot of the data, which was proven later
 */
public record Backup(UUID id, String contentHash, long sizeBytes, Release release, Instant takenAt) {
    public Backup {
        Checks.present(id, "backup.id");
        Checks.text(contentHash, "backup.contentHash");
        Checks.atLeast(0, sizeBytes, "backup.sizeBytes");
        Checks.present(release, "backup.release");
        Checks.present(takenAt, "backup.takenAt");
    }
}
