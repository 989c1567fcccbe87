/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.intake;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.ServiceName;
import dev.uplift.orchestrator.sql.LockOrder;
import java.util.Optional;

/**
 * Handles one kind of what workers answer. Every bean of this type is found by {@link ResultsHandler}, which calls it in the
 * transaction of a batch.
 */
public interface ResultHandler<B> {
    /** The bodies that it handles are of this type; nobody else handles one of them. */
    Class<B> type();

    /** Whether a service answers like that; what another one says is refused. */
    default boolean isFrom(ServiceName service) {
        return true;
    }

    /** Whether it is a sign of life: there are many, and a copy does no harm, so that they do not go through the inbox. */
    default boolean isSign(B body) {
        return false;
    }

    /** Which database it is about, as that says itself; empty: it does not tell. */
    default Optional<DatabaseSeen> database(B body) {
        return Optional.empty();
    }

    /** What {@link #handle} locks first: the handlers of a batch are called in this order. The last, unless it says so. */
    default LockOrder.Kind locks() {
        return LockOrder.Kind.INSTALLATIONS;
    }

    /** Locks what comes before {@link #locks} in the order; called before any handler of the batch handles. */
    default void lockBefore(ResultBatch<B> batch) {}

    /** Handles all that came in one batch, at least one. */
    void handle(ResultBatch<B> batch);
}
