package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Discovery;
import dev.uplift.orchestrator.sql.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The table of discoveries. */
public final class DiscoveryStore {
    private static final String COLUMNS = "id, host, site, asked_at, due_at, found::text, problem";

    private DiscoveryStore() {}

    /** One row. Without {@code found} and {@code problem} nobody has answered yet. */
    record Row(
            UUID id,
            String host,
            String site,
            Instant askedAt,
            Instant dueAt,
            Discovery.@Nullable Found found,
            @Nullable String problem) {}

    static void insert(Handle handle, Row row) {
        handle.createUpdate("INSERT INTO discovery (id, host, site, asked_at, due_at)"
                        + " VALUES (:id, :host, :site, :asked::timestamptz, :due::timestamptz)")
                .bind("id", row.id())
                .bind("host", row.host())
                .bind("site", row.site())
                .bind("asked", row.askedAt().toString())
                .bind("due", row.dueAt().toString())
                .execute();
    }

    /** One of a host that is under way. */
    static Optional<Row> underWay(Handle handle, String host, String site, Instant now) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM discovery WHERE host = :host AND site = :site"
                        + " AND due_at > :now::timestamptz AND found IS NULL AND problem IS NULL"
                        + " ORDER BY asked_at DESC LIMIT 1")
                .bind("host", host)
                .bind("site", site)
                .bind("now", now.toString())
                .map((row, context) -> read(row))
                .findOne();
    }

    static Optional<Row> find(Handle handle, String host, String id) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM discovery WHERE host = :host AND id::text = :id")
                .bind("host", host)
                .bind("id", id)
                .map((row, context) -> read(row))
                .findOne();
    }

    /** Keeps the first answer; one to a discovery that is not known changes nothing. */
    static void found(Handle handle, Discovery.Found found) {
        handle.createUpdate("UPDATE discovery SET found = :found::jsonb"
                        + " WHERE id = :id AND found IS NULL AND problem IS NULL")
                .bind("id", found.discoveryId())
                .bind("found", Columns.json(found))
                .execute();
    }

    /** As {@link #found}. */
    static void refused(Handle handle, Discovery.Refused refused) {
        handle.createUpdate("UPDATE discovery SET problem = :problem"
                        + " WHERE id = :id AND found IS NULL AND problem IS NULL")
                .bind("id", refused.discoveryId())
                .bind("problem", refused.code().wireName() + ": " + refused.detail())
                .execute();
    }

    /** Forgets those asked for before {@code oldest}. */
    public static void prune(Handle handle, Instant oldest) {
        handle.createUpdate("DELETE FROM discovery WHERE asked_at < :oldest::timestamptz")
                .bind("oldest", oldest.toString())
                .execute();
    }

    private static Row read(ResultSet row) throws SQLException {
        return new Row(
                Columns.uuid(row, "id"),
                row.getString("host"),
                row.getString("site"),
                Columns.instant(row, "asked_at"),
                Columns.instant(row, "due_at"),
                Columns.jsonOrNull(row, "found", Discovery.Found.class),
                row.getString("problem"));
    }
}
