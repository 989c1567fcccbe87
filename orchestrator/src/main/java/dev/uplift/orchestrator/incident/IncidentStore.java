package dev.uplift.orchestrator.incident;

import dev.uplift.contract.Incident;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.DeadLetterSink;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** The incidents. Bounded: {@link #prune} keeps the latest. */
@Singleton
public final class IncidentStore {
    static final Map<String, String> SORTS = Map.of("at", "at", "source", "source");

    /** How many are kept. */
    static final int KEPT_MAX = 10_000;

    private static final int TEXT_LENGTH_MAX = 1000;

    private final Jdbi jdbi;

    public IncidentStore(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Writes one down in the caller's transaction; texts are cut to 1,000 characters and one line. */
    public void record(Handle handle, String source, String problem, @Nullable UUID upgradeId) {
        handle.createUpdate("INSERT INTO incident (id, at, source, problem, upgrade_id)"
                        + " VALUES (:id, now(), :source, :problem, :upgrade::uuid)")
                .bind("id", UUID.randomUUID())
                .bind("source", line(source))
                .bind("problem", line(problem))
                .bindByType("upgrade", upgradeId, UUID.class)
                .execute();
    }

    /** Writes one down in a transaction of its own. */
    public void record(String source, String problem) {
        jdbi.useTransaction(handle -> record(handle, source, problem, null));
    }

    /** Makes an incident of every dead letter. */
    public DeadLetterSink deadLetters() {
        return (handle, letter) -> record(handle, letter.source(), letter.reason(), null);
    }

    /** The incidents whose source or problem contains what is looked for. */
    public Page<Incident> page(Paging paging) {
        return jdbi.withHandle(handle -> {
            String where = " FROM incident WHERE lower(source || ' ' || problem) LIKE :q";
            long total = handle.createQuery("SELECT count(*)" + where)
                    .bind("q", paging.pattern())
                    .mapTo(Long.class)
                    .one();
            List<Incident> content = handle.createQuery("SELECT id, at, source, problem, upgrade_id" + where
                            + " ORDER BY " + paging.orderBy() + " LIMIT :limit OFFSET :offset")
                    .bind("q", paging.pattern())
                    .bind("limit", paging.limit())
                    .bind("offset", paging.offset())
                    .map((row, context) -> new Incident(
                            Columns.uuid(row, "id"),
                            Columns.instant(row, "at"),
                            row.getString("source"),
                            row.getString("problem"),
                            Columns.uuidOrNull(row, "upgrade_id")))
                    .list();
            return new Page<>(content, total, paging.offset(), paging.limit());
        });
    }

    /** Deletes all but the latest {@value #KEPT_MAX}, and those before {@code oldest}. */
    public void prune(Handle handle, Instant oldest) {
        handle.createUpdate("DELETE FROM incident WHERE at < :oldest"
                        + " OR at < (SELECT at FROM incident ORDER BY at DESC OFFSET :kept LIMIT 1)")
                .bind("oldest", oldest.atOffset(ZoneOffset.UTC))
                .bind("kept", KEPT_MAX)
                .execute();
    }

    private static String line(String text) {
        String safe = text.replaceAll("\\p{Cntrl}+", " ");
        return safe.length() > TEXT_LENGTH_MAX ? safe.substring(0, TEXT_LENGTH_MAX) : safe;
    }
}
