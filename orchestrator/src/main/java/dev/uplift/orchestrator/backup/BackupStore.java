package dev.uplift.orchestrator.backup;

import dev.uplift.contract.Backup;
import dev.uplift.contract.api.BackupEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The table of proven backups. */
public final class BackupStore {
    static final Map<String, String> SORTS = Map.of("takenAt", "taken_at", "installation", "installation");

    private static final String COLUMNS = """
            id, t.installation_id, t.installation, t.saga_id, t.body::text,
            EXISTS (SELECT 1 FROM saga s WHERE s.live AND (s.id = t.saga_id OR s.source_backup_id = t.id)) AS pinned
            """;

    private BackupStore() {}

    /**
     * A backup that a saga has taken.
     *
     * @param kept the ids of all that the installation has since then; empty: nobody has said it
     */
    public record Taken(UUID installationId, String installation, UUID sagaId, Backup backup, List<UUID> kept) {}

    /** Adds the backups; one that is there already stays as it is. Older ones that were pruned with that are forgotten. */
    public static void insert(Handle handle, List<Taken> taken) {
        if (taken.isEmpty()) {
            return;
        }
        handle.createUpdate("""
                        INSERT INTO backup (id, installation_id, installation, saga_id, body, taken_at)
                        SELECT u.id, u.installation_id, u.installation, u.saga_id, u.body::jsonb,
                               u.taken_at::timestamptz
                          FROM unnest(:ids, :installations, :names, :sagas, :bodies, :ats)
                               AS u(id, installation_id, installation, saga_id, body, taken_at)
                        ON CONFLICT (id) DO NOTHING
                        """)
                .bindArray(
                        "ids",
                        UUID.class,
                        taken.stream().map(t -> t.backup().id()).toArray())
                .bindArray(
                        "installations",
                        UUID.class,
                        taken.stream().map(Taken::installationId).toArray())
                .bindArray(
                        "names",
                        String.class,
                        taken.stream().map(Taken::installation).toArray())
                .bindArray(
                        "sagas", UUID.class, taken.stream().map(Taken::sagaId).toArray())
                .bindArray(
                        "bodies",
                        String.class,
                        taken.stream().map(t -> Columns.json(t.backup())).toArray())
                .bindArray(
                        "ats",
                        String.class,
                        taken.stream()
                                .map(t -> t.backup()
                                        .takenAt()
                                        .atOffset(ZoneOffset.UTC)
                                        .toString())
                                .toArray())
                .execute();
        forgetPruned(handle, taken.stream().filter(t -> !t.kept().isEmpty()).toList());
    }

    private static void forgetPruned(Handle handle, List<Taken> taken) {
        if (taken.isEmpty()) {
            return;
        }
        handle.createUpdate("""
                        DELETE FROM backup b
                         USING unnest(:installations, :ats) AS u(installation_id, taken_at)
                         WHERE b.installation_id = u.installation_id AND b.taken_at < u.taken_at::timestamptz
                           AND b.id <> ALL(:kept)
                        """)
                .bindArray(
                        "installations",
                        UUID.class,
                        taken.stream().map(Taken::installationId).toArray())
                .bindArray(
                        "ats",
                        String.class,
                        taken.stream().map(t -> t.backup().takenAt().toString()).toArray())
                .bindArray(
                        "kept",
                        UUID.class,
                        taken.stream().flatMap(t -> t.kept().stream()).toArray())
                .execute();
    }

    /** One backup. */
    public static Optional<Taken> find(Handle handle, UUID id) {
        return handle.createQuery(
                        "SELECT installation_id, installation, saga_id, body::text" + " FROM backup WHERE id = :id")
                .bind("id", id)
                .map((row, context) -> new Taken(
                        Columns.uuid(row, "installation_id"),
                        row.getString("installation"),
                        Columns.uuid(row, "saga_id"),
                        Columns.json(row, "body", Backup.class),
                        List.of()))
                .findOne();
    }

    /** The backups of one installation, by its name or id, or of all. */
    static Page<BackupEntry> page(Handle handle, @Nullable String installation, Paging paging) {
        String where = " FROM backup WHERE lower(installation) LIKE :q"
                + " AND (:installation::text IS NULL OR installation = :installation"
                + " OR installation_id::text = :installation)";
        long total = handle.createQuery("SELECT count(*)" + where)
                .bind("q", paging.pattern())
                .bind("installation", installation)
                .mapTo(Long.class)
                .one();
        List<BackupEntry> content = handle.createQuery(paging.select(COLUMNS, "backup", where))
                .bind("q", paging.pattern())
                .bind("installation", installation)
                .bind("limit", paging.limit())
                .bind("offset", paging.offset())
                .map((row, context) -> new BackupEntry(
                        Columns.uuid(row, "installation_id"),
                        row.getString("installation"),
                        Columns.uuid(row, "saga_id"),
                        Columns.json(row, "body", Backup.class),
                        row.getBoolean("pinned")))
                .list();
        return new Page<>(content, total, paging.offset(), paging.limit());
    }
}
