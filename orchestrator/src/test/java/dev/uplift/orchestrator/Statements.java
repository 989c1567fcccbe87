/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.List;
import org.hibernate.resource.jdbc.spi.StatementInspector;

/** The SQL that the service sends, for tests of what something costs. */
@ApplicationScoped
@PersistenceUnitExtension
public class Statements implements StatementInspector {
    private static final long serialVersionUID = 1L;

    private static final ThreadLocal<List<String>> OF_THREAD = ThreadLocal.withInitial(ArrayList::new);
    private final transient List<String> all = new ArrayList<>();

    @Override
    public String inspect(String statement) {
        add(statement);
        return statement;
    }

    private void add(String statement) {
        OF_THREAD.get().add(statement);
        synchronized (all) {
            all.add(statement);
        }
    }

    /** What this thread sends in {@code work}. */
    List<String> during(Runnable work) {
        OF_THREAD.get().clear();
        work.run();
        return List.copyOf(OF_THREAD.get());
    }

    /** What anybody sends while {@code work} is done. */
    List<String> ofAllDuring(Runnable work) {
        synchronized (all) {
            all.clear();
        }
        work.run();
        synchronized (all) {
            return List.copyOf(all);
        }
    }
}
