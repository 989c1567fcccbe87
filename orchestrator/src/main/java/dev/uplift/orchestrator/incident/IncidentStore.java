package dev.uplift.orchestrator.incident;

import dev.uplift.contract.Incident;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The table of incidents. Bounded: {@link #prune} keeps the latest. */
public final class IncidentStore {
    static final Map<String, String> SORTS = Map.of("at", "at", "source", "source");

    private static final int KEPT_MAX = 10_000;

    private IncidentStore() {}

    /** Writes one down; texts become one line of at most 1,000 characters. */
    public static void record(Handle handle, String source, String problem) {
        handle.createUpdate("INSERT INTO incident (id, at, source, problem) VALUES (:id, now(), :source, :problem)")
                .bind("id", UUID.randomUUID())
                .bind("source", OneLine.of(source))
                .bind("problem", OneLine.of(problem))
                .execute();
    }

    /** The incidents whose source or problem contains what is looked for. */
    static Page<Incident> page(Handle handle, Paging paging) {
        String where = " FROM incident WHERE lower(source || ' ' || problem) LIKE :q";
        long total = handle.createQuery("SELECT count(*)" + where)
                .bind("q", paging.pattern())
                .mapTo(Long.class)
                .one();
        List<Incident> content = handle.createQuery(paging.select("id, at, source, problem", "incident", where))
                .bind("q", paging.pattern())
                .bind("limit", paging.limit())
                .bind("offset", paging.offset())
                .map((row, context) -> new Incident(
                        Columns.uuid(row, "id"),
                        Columns.instant(row, "at"),
                        row.getString("source"),
                        row.getString("problem")))
                .list();
        return new Page<>(content, total, paging.offset(), paging.limit());
    }

    /** Deletes all but the latest {@value #KEPT_MAX}, and those before {@code oldest}. */
    public static void prune(Handle handle, Instant oldest) {
        handle.createUpdate("DELETE FROM incident WHERE at < :oldest::timestamptz"
                        + " OR at < (SELECT at FROM incident ORDER BY at DESC OFFSET :kept LIMIT 1)")
                .bind("oldest", oldest.toString())
                .bind("kept", KEPT_MAX)
                .execute();
    }
}
