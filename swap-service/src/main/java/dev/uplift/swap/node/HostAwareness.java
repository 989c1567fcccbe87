/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Of a node whose host tells its boots, and who started what, apart. By default nothing can be told. */
public interface HostAwareness {
    /** What differs after each start and each boot, also when what was started has ended; empty: that cannot be told. */
    default String lastStart() throws IOException, InterruptedException {
        return "";
    }

    /** Whether something else than what starts this node started it, as far as that can be told. */
    default boolean isStray(Instance instance) throws IOException {
        return false;
    }

    /** What tells this run of the host from the one before its last boot; empty: nothing here does. */
    default Optional<String> hostRun() throws IOException {
        return Optional.empty();
    }

    /**
     * Whether what was started in that {@link #hostRun} has ended only because its host did, which runs again by now.
     * False also where that cannot be told.
     *
     * @param startedIn absent: nobody has written it down
     */
    default boolean endedWithHost(@Nullable String startedIn) throws IOException, InterruptedException {
        return false;
    }

    /** That of a node. */
    static HostAwareness of(Node node) {
        return node instanceof HostAwareness aware ? aware : new HostAwareness() {};
    }
}
