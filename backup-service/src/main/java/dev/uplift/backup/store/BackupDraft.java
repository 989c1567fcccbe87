/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import java.io.IOException;
import java.nio.file.Path;

/** A backup that is being written, and does not count yet. For one thread at a time. */
public interface BackupDraft extends StoredBackup {
    /** The same, but the first writers of its files are programs that write into this directory. */
    @Override
    Path directory() throws IOException;

    /** Takes what was written into the directory from all but its owner, and makes it durable. */
    @Override
    void settle() throws IOException;

    /** Adds or replaces a file, durably. */
    void write(String name, byte[] content) throws IOException;

    /**
     * Makes it a backup of the store, as a whole and durably.
     *
     * @throws IOException also if the store has one of this id already
     */
    void publish() throws IOException;

    /** Deletes it. */
    void discard() throws IOException;
}
