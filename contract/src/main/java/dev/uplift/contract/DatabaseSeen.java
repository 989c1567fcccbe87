/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which database it is, by its own word and not by its address.
 *
 * @param id the same for whoever asks the same database, by whatever name; a physical copy of it says the same
 * @param apart those of the installations in question whose databases were shown to be others, although they may say the
 *     same; absent: none
 * @param runId what every role may ask the same server for, however little it may know of it: the same until that is
 *     started again; absent: it is a file, or the worker is of an earlier version
 */
public record DatabaseSeen(
        String id,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<UUID> apart,
        @Nullable String runId) {
    public DatabaseSeen {
        Checks.text(id, "database.id");
        apart = Checks.list(Objects.requireNonNullElse(apart, List.of()), "database.apart");
    }

    /** Shown apart from none. */
    public DatabaseSeen(String id) {
        this(id, List.of());
    }

    /** Of which its server's run is not known. */
    public DatabaseSeen(String id, List<UUID> apart) {
        this(id, apart, null);
    }

    /** The same, shown apart from these. */
    public DatabaseSeen apartFrom(List<UUID> others) {
        return new DatabaseSeen(id, others, runId);
    }

    /** All that it says of itself: of two that have one in common nobody knows that they are two. */
    public List<String> ids() {
        return runId == null || runId.equals(id) ? List.of(id) : List.of(id, runId);
    }
}
