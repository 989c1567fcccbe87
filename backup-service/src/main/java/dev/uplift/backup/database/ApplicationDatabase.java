/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database;

import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.Check;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** The database of one installation. Every method may be run again after the process died anywhere in it. */
public interface ApplicationDatabase {
    /**
     * A copy of the data that was written to a directory.
     *
     * @param contentHash equal for equal data
     * @param databaseSizeBytes on the server, which is not the size of the copy
     */
    record Snapshot(String contentHash, String serverVersion, String tool, long databaseSizeBytes, Instant takenAt) {}

    /**
     * What a database holds beside a backup.
     *
     * @param hash equal to the backup's if it holds the same data
     * @param lacking of one whose hash is equal
     */
    record Content(String hash, Lacking lacking) {
        /** Of a database that is not there. */
        public static final Content NONE = new Content("", _ -> List.of());
    }

    /** What a database with the data of a backup lacks of it all the same. */
    @FunctionalInterface
    interface Lacking {
        /**
         * Warnings, with what to do. That something cannot be found out is one of them, too: it fails nothing.
         *
         * @param backup that it is compared with
         */
        List<Check> warnings(Written backup);
    }

    /** A backup's files as they were written. */
    @FunctionalInterface
    interface Written {
        /**
         * What a file holds.
         *
         * @throws StepFailure BACKUP_CORRUPT if it was changed
         */
        byte[] read(String file) throws IOException;
    }

    /** {@code postgresql} or {@code h2}: a backup of one kind is not restored into another. */
    String kind();

    /**
     * Looks at what a backup and a restore would need; changes nothing in the database. What is wrong is in the
     * checks.
     */
    StepOutput.DatabaseChecked check(BackupWork work) throws Exception;

    /** How much room a backup and its proof may need on this machine, of a database of so many bytes. */
    long backupBytes(long databaseBytes);

    /** Removes what interrupted runs left on the server or beside the file. */
    void discardLeftovers(BackupWork work) throws Exception;

    /**
     * Proves that nobody works on the database.
     *
     * @throws StepFailure STILL_RUNNING, naming who does
     */
    void requireCold() throws Exception;

    /**
     * Reads what the database holds now.
     *
     * @param backup that it is compared with, which need not be verified
     */
    Content content(StoredBackup backup, BackupWork work) throws Exception;

    /** Writes a copy of the data below {@code directory}; the database must be cold. */
    Snapshot dump(Path directory, BackupWork work) throws Exception;

    /**
     * Restores a copy into a scratch database by everything that {@link #replace} does, and compares.
     *
     * @return warnings: what a restore will go without, and what to do then
     * @throws StepFailure BACKUP_FAILED if it cannot be restored or differs
     */
    List<Check> prove(Path directory, Manifest manifest, BackupWork work) throws Exception;

    /**
     * Makes the database equal to a backup whose files were verified. The data that are replaced are
     * kept under another name. What only decorates the data never stands in the way of them.
     *
     * @return warnings: what could not be brought back, and what to do
     * @throws StepFailure RESTORE_FAILED with the database as it was
     */
    List<Check> replace(Path directory, Manifest manifest, BackupWork work) throws Exception;
}
