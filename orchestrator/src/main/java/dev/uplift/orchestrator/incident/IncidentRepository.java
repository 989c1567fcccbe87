/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.incident;

import dev.uplift.contract.Incident;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.DeadLetter;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.rest.Paging;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;

/** The table of incidents. Every dead letter becomes one. Bounded: {@link #prune} keeps the latest. */
@Singleton
public class IncidentRepository implements PanacheRepositoryBase<IncidentEntity, UUID>, DeadLetterSink {
    static final Map<String, String> SORTS = Map.of("at", "at", "source", "source");

    private static final int KEPT_MAX = 10_000;

    /** Writes one down; texts become one line of at most 1,000 characters. */
    public void record(String source, String problem) {
        getEntityManager()
                .createQuery("insert into IncidentEntity (id, at, source, problem)"
                        + " values (:id, instant, :source, :problem)")
                .setParameter("id", UUID.randomUUID())
                .setParameter("source", OneLine.of(source))
                .setParameter("problem", OneLine.of(problem))
                .executeUpdate();
    }

    @Override
    public void accept(DeadLetter letter) {
        record(letter.source(), letter.reason());
    }

    /** The incidents whose source or problem contains what is looked for. */
    Page<Incident> page(Paging paging) {
        return paging.read(
                this,
                "IncidentEntity",
                paging.contains("source", "problem"),
                Map.of(),
                row -> new Incident(row.id, row.at, row.source, row.problem));
    }

    /** Deletes all but the latest {@value #KEPT_MAX}, and those before {@code oldest}, at most {@code max}; returns how many. */
    public int prune(Instant oldest, int max) {
        return (int) delete(
                "id in (select old.id from IncidentEntity old where old.at < ?1 or old.at <"
                        + " (select i.at from IncidentEntity i order by i.at desc limit 1 offset ?2) order by old.at limit ?3)",
                oldest,
                KEPT_MAX,
                max);
    }
}
