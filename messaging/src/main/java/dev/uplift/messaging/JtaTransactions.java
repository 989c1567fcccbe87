/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.narayana.jta.QuarkusTransactionException;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.sql.SQLTimeoutException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.hibernate.StatelessSession;
import org.jspecify.annotations.Nullable;

/** The transactions of a service. Panache and the stateless session of one thread are in the same one. */
@Singleton
final class JtaTransactions implements Database.Transactions {
    /** More than the longest: the relay waits for Kafka in one. */
    private static final int SECONDS_MAX = 120;

    private final StatelessSession session;

    JtaTransactions(StatelessSession session) {
        this.session = session;
    }

    @Produces
    @Singleton
    static Database database(JtaTransactions transactions) {
        return new Database(transactions);
    }

    @Override
    public <T> T inNew(Callable<T> work) throws Exception {
        AtomicReference<@Nullable Exception> thrown = new AtomicReference<>();
        long began = System.nanoTime();
        try {
            return QuarkusTransaction.requiringNew().timeout(SECONDS_MAX).call(() -> {
                try {
                    return work.call();
                } catch (Exception e) {
                    thrown.set(e);
                    throw e;
                }
            });
        } catch (RuntimeException e) {
            Exception problem = thrown.get();
            if (System.nanoTime() - began >= TimeUnit.SECONDS.toNanos(SECONDS_MAX)) {
                // Whatever the end by the transaction manager looked like from here.
                String late = "the transaction took longer than " + SECONDS_MAX + " s";
                throw new PersistenceException(late, new SQLTimeoutException(late, problem == null ? e : problem));
            }
            if (problem != null) {
                if (!problem.equals(e) && !problem.equals(e.getCause())) {
                    problem.addSuppressed(e);
                }
                throw problem;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e instanceof QuarkusTransactionException
                    ? new PersistenceException("the transaction was not committed", e)
                    : e;
        }
    }

    @Override
    public StatelessSession session() {
        return session;
    }
}
