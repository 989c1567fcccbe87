/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;
import org.hibernate.Transaction;
import org.hibernate.cfg.Configuration;
import org.hibernate.cfg.JdbcSettings;

/** The transactions of tests that have several processes in one, without a transaction manager. */
public final class LocalTransactions implements Database.Transactions {
    private static final List<Class<?>> ENTITIES = List.of(InboxEntry.class, OutboxEntry.class, ConsumerRun.class);

    private static final ScopedValue<StatelessSession> SESSION = ScopedValue.newInstance();

    private final SessionFactory sessions;

    private LocalTransactions(SessionFactory sessions) {
        this.sessions = sessions;
    }

    /**
     * A database that has the migrations of {@code db/messaging}.
     *
     * @param entities those of other modules
     */
    public static Database database(DataSource dataSource, Class<?>... entities) {
        Configuration configuration = new Configuration();
        configuration.getProperties().put(JdbcSettings.JAKARTA_NON_JTA_DATASOURCE, dataSource);
        ENTITIES.forEach(configuration::addAnnotatedClass);
        Stream.of(entities).forEach(configuration::addAnnotatedClass);
        return new Database(new LocalTransactions(configuration.buildSessionFactory()));
    }

    @Override
    public <T> T inNew(Callable<T> work) throws Exception {
        try (StatelessSession session = sessions.openStatelessSession()) {
            Transaction transaction = session.beginTransaction();
            try {
                T result = ScopedValue.where(SESSION, session).call(work::call);
                transaction.commit();
                return result;
            } finally {
                if (transaction.isActive()) {
                    transaction.rollback();
                }
            }
        }
    }

    @Override
    public StatelessSession session() {
        return SESSION.orElseThrow(() -> new IllegalStateException("not in a transaction"));
    }
}
