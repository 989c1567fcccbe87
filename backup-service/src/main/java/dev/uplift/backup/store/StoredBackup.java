/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** The files of one backup, by their names, which have {@code /} between their parts. */
public interface StoredBackup {
    UUID id();

    /** Where it is, for a person. */
    String location();

    /** The names of all files, sorted; fails if there is anything but files and directories. */
    List<String> names() throws IOException;

    /**
     * What a file holds.
     *
     * @throws java.nio.file.NoSuchFileException if there is no file of this name
     */
    InputStream open(String name) throws IOException;

    /** A directory on this machine that has these files, for programs that read only such. Nothing in it is changed. */
    Path directory() throws IOException;

    /** Makes sure that it stays: whoever has written it may have died before it was durable. */
    void settle() throws IOException;
}
