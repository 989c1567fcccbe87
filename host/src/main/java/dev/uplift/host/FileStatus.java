/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** What a name in a host's file system stands for. */
public record FileStatus(Kind kind, long sizeBytes, Set<PosixFilePermission> mode, long uid, long gid) {
    public FileStatus {
        mode = Set.copyOf(mode);
    }

    /** Kinds of files. */
    public enum Kind {
        FILE,
        DIRECTORY,
        /** A symbolic link. */
        LINK,
        /** A device, a socket, a pipe. */
        OTHER
    }
}
