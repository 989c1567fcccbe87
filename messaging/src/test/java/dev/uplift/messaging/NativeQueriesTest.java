/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.messaging.testing.TestDatabase;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;
import org.hibernate.cfg.Configuration;
import org.hibernate.cfg.JdbcSettings;
import org.hibernate.cfg.StatisticsSettings;
import org.junit.jupiter.api.Test;

/** A service asks the same for months: Hibernate must understand it once. */
class NativeQueriesTest {
    private static final int TIMES = 5;

    @Test
    void aQueryIsUnderstoodOnce() {
        Configuration configuration = new Configuration().addAnnotatedClass(OutboxEntry.class);
        configuration.getProperties().put(JdbcSettings.JAKARTA_NON_JTA_DATASOURCE, TestDatabase.create("db/messaging"));
        configuration.getProperties().put(StatisticsSettings.GENERATE_STATISTICS, true);
        try (SessionFactory sessions = configuration.buildSessionFactory();
                StatelessSession session = sessions.openStatelessSession()) {
            Database database = new Database(new OneSession(session));
            List<Supplier<List<?>>> forms = List.of(
                    () -> database.column("SELECT true AS yes", "yes", Boolean.class)
                            .getResultList(),
                    () -> database.column("SELECT count(*) FROM outbox", "count", Long.class)
                            .getResultList(),
                    () -> database.column("SELECT topic FROM outbox", "topic", String.class)
                            .getResultList(),
                    () -> database.column("SELECT gen_random_uuid() AS id", "id", UUID.class)
                            .getResultList(),
                    () -> List.of(database.now()),
                    () -> database.rows("SELECT id, topic FROM outbox").getResultList(),
                    () -> database.entities("SELECT * FROM outbox", OutboxEntry.class)
                            .getResultList());
            for (int time = 0; time < TIMES; time++) {
                assertThat(forms).allSatisfy(form -> assertThat(form.get()).isNotNull());
            }

            assertThat(sessions.getStatistics().getQueryPlanCacheMissCount()).isEqualTo(forms.size());
            assertThat(database.column("SELECT true AS yes", "yes", Boolean.class)
                            .getSingleResult())
                    .isTrue();
        }
    }

    private record OneSession(StatelessSession session) implements Database.Transactions {
        @Override
        public <T> T inNew(Callable<T> work) throws Exception {
            return work.call();
        }
    }
}
