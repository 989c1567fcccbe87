package dev.uplift.systemtests;

import java.util.List;
import java.util.stream.IntStream;

/** The part of a long table that is run by default. */
final class Sample {
    private Sample() {}

    /** The last of every {@code usually} entries, or of every N with {@code -Duplift.crash.every=N}: all with 1. */
    static <T> List<T> of(List<T> table, int usually) {
        int every = Integer.getInteger("uplift.crash.every", usually);
        return IntStream.range(0, table.size())
                .filter(index -> index % every == every - 1)
                .mapToObj(table::get)
                .toList();
    }
}
