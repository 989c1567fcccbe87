/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * What files of a host were found to hold, for as long as nothing about them changes. Kept in memory only: a process
 * that was started again reads anew. Safe for use by several threads.
 *
 * <p>A file is known by its device, inode, size and the times of its last changes, so that a write, a rename over it and
 * a time that was set back are noticed; the kernel sets the time of a change of the inode, nobody else can. Another
 * change within the same tick of the clock would leave the same mark: a file that has just changed is read when that tick
 * is over.
 */
final class KnownDigests {
    private static final int FILES_MAX = 1_000;

    private final Map<String, Digested> digests = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Digested> eldest) {
            return size() > FILES_MAX;
        }
    };

    /**
     * What is seen of a file without reading it.
     *
     * @param text equal as long as nothing about the file has changed
     * @param unsettledNanos for how long from this look on a further change may have the time of the last one; 0: it has
     *     another
     */
    record Mark(String text, long unsettledNanos) {
        private static final long NANOS = 1_000_000_000L;
        private static final long TICK_NANOS = NANOS / 10;
        private static final long COARSE_TICK_NANOS = 2 * NANOS;

        /** @param changedNanos the last change of the inode; a file system that counts seconds only has none below them */
        static Mark of(long device, long inode, long sizeBytes, long writtenNanos, long changedNanos, long nowNanos) {
            long tickNanos = changedNanos % NANOS == 0 ? COARSE_TICK_NANOS : TICK_NANOS;
            long unsettledNanos = changedNanos + tickNanos - nowNanos;
            return new Mark(
                    device + " " + inode + " " + sizeBytes + " " + writtenNanos + " " + changedNanos,
                    Math.max(0, unsettledNanos));
        }
    }

    /** Looks at a file, or reads it. */
    @FunctionalInterface
    interface Look<T> {
        T at(Path file) throws IOException;
    }

    /** Reads the file, in any case. */
    Digested read(Path file, Look<Mark> mark, Look<Digested> content) throws IOException {
        Mark before = mark.at(file);
        if (before.unsettledNanos() > 0) {
            // A clock that was set back may promise years.
            LockSupport.parkNanos(Math.min(before.unsettledNanos(), Mark.COARSE_TICK_NANOS));
            before = mark.at(file);
        }
        Digested digested = content.at(file);
        if (before.unsettledNanos() == 0 && before.text().equals(mark.at(file).text())) {
            synchronized (digests) {
                digests.put(before.text(), digested);
            }
        }
        return digested;
    }

    /** Reads the file unless it was read before and has not changed since. */
    Digested known(Path file, Look<Mark> mark, Look<Digested> content) throws IOException {
        String now = mark.at(file).text();
        Digested known;
        synchronized (digests) {
            known = digests.get(now);
        }
        return known == null ? read(file, mark, content) : known;
    }
}
