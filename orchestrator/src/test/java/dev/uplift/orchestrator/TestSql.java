/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import io.quarkus.narayana.jta.QuarkusTransaction;
import jakarta.inject.Singleton;
import java.util.List;
import org.hibernate.StatelessSession;
import org.hibernate.query.CommonQueryContract;

/**
 * What tests write into the database, and look at there, behind the service's back: in the transaction of the thread, or
 * in one of its own. Parameters are {@code ?}.
 */
@Singleton
final class TestSql {
    private final StatelessSession session;

    TestSql(StatelessSession session) {
        this.session = session;
    }

    void execute(String statement, Object... values) {
        QuarkusTransaction.joiningExisting()
                .run(() -> bind(session.createNativeMutationQuery(statement), values)
                        .executeUpdate());
    }

    <T> List<T> list(Class<T> type, String query, Object... values) {
        return QuarkusTransaction.joiningExisting()
                .call(() -> bind(session.createNativeQuery(query, type), values).getResultList());
    }

    <T> T one(Class<T> type, String query, Object... values) {
        return list(type, query, values).getFirst();
    }

    private static <Q extends CommonQueryContract> Q bind(Q query, Object... values) {
        for (int i = 0; i < values.length; i++) {
            query.setParameter(i + 1, values[i]);
        }
        return query;
    }
}
