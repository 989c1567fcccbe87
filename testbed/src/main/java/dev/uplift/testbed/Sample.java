/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.testbed;

import java.util.List;
import java.util.stream.IntStream;

/** The part of a long table that is tested by default. */
public final class Sample {
    private static final String EVERY = "uplift.sample.every";

    private Sample() {}

    /**
     * The last of every {@code usually} entries, or of every N with {@code -Duplift.sample.every=N}: all with 1. Of a
     * table that is shorter, its last entry.
     */
    public static <T> List<T> of(List<T> table, int usually) {
        int every = Math.min(Integer.getInteger(EVERY, usually), table.size());
        return IntStream.range(0, table.size())
                .filter(index -> index % every == every - 1)
                .mapToObj(table::get)
                .toList();
    }
}
