/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.sql;

import jakarta.inject.Singleton;
import jakarta.transaction.TransactionSynchronizationRegistry;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * The one order in which transactions lock what more than one of them changes, so that no two wait for each other. Whoever
 * locks rows of a {@link Kind} does it through {@link #lock}, and by their ids within one query, or skips those that are
 * locked already. Rows that a transaction inserts are locked by that, in no order: nobody can wait for them by their ids.
 */
@Singleton
public final class LockOrder {
    private final TransactionSynchronizationRegistry transaction;

    LockOrder(TransactionSynchronizationRegistry transaction) {
        this.transaction = transaction;
    }

    /** What is locked; the first is locked first. */
    public enum Kind {
        /** What databases say that they are: no row, but a number that stands for it. */
        DATABASES,
        HOSTS,
        SAGAS,
        INSTALLATIONS
    }

    /**
     * Locks with a query of {@code locking} until the transaction of this thread ends.
     *
     * @throws IllegalStateException if the transaction has locked a later kind already, or there is none; nothing was locked
     */
    public <T> T lock(Kind kind, Supplier<T> locking) {
        if (transaction.getResource(this) instanceof Kind latest && latest.compareTo(kind) > 0) {
            throw new IllegalStateException(
                    kind + " are locked after " + latest + "; the order is " + Arrays.toString(Kind.values()));
        }
        transaction.putResource(this, kind);
        return locking.get();
    }
}
