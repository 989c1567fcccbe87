/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import dev.uplift.contract.ErrorCode;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Where backups are kept: each appears as a whole and does not change after that. A store knows names and bytes; that
 * they are what was written is told by a {@link BackupSeal}. Safe for use by several threads and processes.
 */
public interface BackupStore {
    /** Where all of it is, for a person. */
    String location();

    /** Free space for new backups, in bytes. */
    long usableBytes() throws IOException;

    /**
     * A directory on this machine for what is gone at the end of a step; it need not exist. What a killed process left
     * in it under a name that ends in {@code .partial} is deleted by {@link #discardLeftovers}.
     */
    Path workDirectory(UUID installation);

    /** Begins a backup, with no files yet. {@code run} differs for each attempt at the same backup. */
    BackupDraft begin(UUID installation, UUID backup, String run) throws IOException;

    /** A backup that was published; empty if there is none. */
    Optional<StoredBackup> find(UUID installation, UUID backup);

    /**
     * The same.
     *
     * @throws StepFailure BACKUP_CORRUPT if there is none
     */
    default StoredBackup require(UUID installation, UUID backup) {
        return find(installation, backup)
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.BACKUP_CORRUPT,
                        "backup " + backup + " is not in " + location() + "/" + installation
                                + ": look for it in other copies of " + location()));
    }

    /** The ids of all that were published for an installation, sorted. */
    List<UUID> list(UUID installation) throws IOException;

    /** Deletes a backup. One that is deleted in part is found no more. */
    void delete(UUID installation, UUID backup) throws IOException;

    /** Deletes what interrupted runs for this installation left behind. Whoever still writes there fails. */
    void discardLeftovers(UUID installation) throws IOException;
}
