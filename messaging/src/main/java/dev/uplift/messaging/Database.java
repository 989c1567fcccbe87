/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.IntUnaryOperator;
import org.hibernate.StatelessSession;
import org.hibernate.query.NativeQuery;

/**
 * The one database of a process. Work is done in the transaction of its thread: {@link #inTransaction} opens one, and
 * whoever is called from there takes part in it. Thread-safe.
 */
public final class Database {
    private static final ScopedValue<List<Runnable>> AFTER_COMMIT = ScopedValue.newInstance();

    private final Transactions transactions;

    /** How transactions are opened, and what reads and writes in them. */
    public interface Transactions {
        /**
         * Runs {@code work} in a new transaction on this thread, which is committed when it returns and rolled back when it
         * throws.
         *
         * @throws Exception what {@code work} threw, as it was thrown; or why there was no commit
         */
        <T> T inNew(Callable<T> work) throws Exception;

        /** A session that takes part in the transaction of whichever thread calls it. */
        StatelessSession session();
    }

    /** What is done in a transaction, with an answer. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T run() throws X;
    }

    /** What is done in a transaction. */
    @FunctionalInterface
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    public Database(Transactions transactions) {
        this.transactions = transactions;
    }

    /**
     * Runs {@code work} in a transaction of its own, whatever transaction this thread has already, and afterwards what
     * {@link #afterCommit} was given meanwhile. It is rolled back if {@code work} throws.
     */
    @SuppressWarnings("unchecked") // What comes out is what the work throws, or unchecked.
    public <T, X extends Exception> T inTransaction(Work<T, X> work) throws X {
        List<Runnable> following = new ArrayList<>();
        T result;
        try {
            result = ScopedValue.where(AFTER_COMMIT, following).call(() -> transactions.inNew(work::run));
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw (X) e;
        }
        following.forEach(Runnable::run);
        return result;
    }

    /** {@link #inTransaction} without an answer. */
    public <X extends Exception> void useTransaction(Action<X> action) throws X {
        this.<Boolean, X>inTransaction(() -> {
            action.run();
            return true;
        });
    }

    /**
     * Does {@code some} in a transaction each, until less than a portion was left for it or this thread is interrupted: what
     * has heaped up is no reason for a transaction that does not end.
     *
     * @param some does at most as many as it is told; returns how many it did
     */
    public void inPortions(int portion, IntUnaryOperator some) {
        int done;
        do {
            done = inTransaction(() -> some.applyAsInt(portion));
        } while (done >= portion && !Thread.currentThread().isInterrupted());
    }

    /** When the transaction of this thread began, by the database's clock, in microseconds: the same for all processes. */
    public Instant now() {
        return column("SELECT now()", "now", Instant.class).getSingleResult();
    }

    /** Reads and writes in the transaction of this thread. */
    public StatelessSession session() {
        return transactions.session();
    }

    /** A native query for rows of one column, which has this name. */
    public <T> NativeQuery<T> column(String sql, String name, Class<T> type) {
        // Told of the type only, Hibernate 7.1 keeps one more plan with each call, thousands in the end, all of one
        // hash.
        return session().createNativeQuery(sql, type).addScalar(name, type);
    }

    /** A native query for rows of several columns. */
    public NativeQuery<Object[]> rows(String sql) {
        return session().createNativeQuery(sql, Object[].class);
    }

    /** A native query for entities. */
    public <T> NativeQuery<T> entities(String sql, Class<T> type) {
        return session().createNativeQuery(sql, type);
    }

    /**
     * Runs {@code action} on this thread after its transaction was committed, and never if it is rolled back.
     *
     * @throws IllegalStateException if this thread has no transaction
     */
    public void afterCommit(Runnable action) {
        if (!AFTER_COMMIT.isBound()) {
            throw new IllegalStateException("not in a transaction");
        }
        AFTER_COMMIT.get().add(action);
    }
}
