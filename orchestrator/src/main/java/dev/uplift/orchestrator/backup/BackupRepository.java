/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.backup;

import dev.uplift.contract.Backup;
import dev.uplift.contract.api.BackupEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of proven backups. What many sagas have taken is one statement, which Hibernate would make one for each. */
@Singleton
public class BackupRepository implements PanacheRepositoryBase<BackupEntity, UUID> {
    static final Map<String, String> SORTS = Map.of("takenAt", "takenAt", "installation", "installation");

    private final Database database;

    BackupRepository(Database database) {
        this.database = database;
    }

    /**
     * A backup that a saga has taken.
     *
     * @param kept the ids of all that the installation has since then; empty: nobody has said it
     */
    public record Taken(UUID installationId, String installation, UUID sagaId, Backup backup, List<UUID> kept) {}

    /** Adds the backups; one that is there already stays as it is. Older ones that were pruned with that are forgotten. */
    public void insert(List<Taken> taken) {
        if (taken.isEmpty()) {
            return;
        }
        database.session()
                .createNativeMutationQuery("""
                        INSERT INTO backup (id, installation_id, installation, saga_id, body, taken_at)
                        SELECT id, installation_id, installation, saga_id, CAST(body AS jsonb), taken_at
                          FROM unnest(:ids, :installations, :names, :sagas, :bodies, :ats)
                               AS taken (id, installation_id, installation, saga_id, body, taken_at)
                        ON CONFLICT (id) DO NOTHING
                        """)
                .setParameter(
                        "ids", taken.stream().map(one -> one.backup().id()).toArray(UUID[]::new))
                .setParameter("installations", installations(taken))
                .setParameter("names", taken.stream().map(Taken::installation).toArray(String[]::new))
                .setParameter("sagas", taken.stream().map(Taken::sagaId).toArray(UUID[]::new))
                .setParameter(
                        "bodies",
                        taken.stream().map(one -> Columns.json(one.backup())).toArray(String[]::new))
                .setParameter("ats", times(taken))
                .executeUpdate();
        forgetPruned(taken.stream().filter(one -> !one.kept().isEmpty()).toList());
    }

    private void forgetPruned(List<Taken> taken) {
        if (taken.isEmpty()) {
            return;
        }
        database.session()
                .createNativeMutationQuery("""
                        DELETE FROM backup b
                         USING unnest(:installations, :ats) AS taken (installation_id, taken_at)
                         WHERE b.installation_id = taken.installation_id AND b.taken_at < taken.taken_at
                           AND b.id <> ALL (:kept)
                        """)
                .setParameter("installations", installations(taken))
                .setParameter("ats", times(taken))
                .setParameter(
                        "kept",
                        taken.stream().flatMap(one -> one.kept().stream()).toArray(UUID[]::new))
                .executeUpdate();
    }

    /** One backup. */
    public Optional<Taken> taken(UUID id) {
        return findByIdOptional(id)
                .map(row -> new Taken(row.installationId, row.installation, row.sagaId, backup(row), List.of()));
    }

    /** The backups of one installation, by its name or id, or of all. */
    Page<BackupEntry> page(@Nullable String installation, Paging paging) {
        String condition = paging.contains("installation");
        Map<String, Object> parameters = Map.of();
        if (installation != null) {
            condition += " and (installation = :installation or cast(installationId as String) = :installation)";
            parameters = Map.of("installation", installation);
        }
        return paging.read(
                this,
                "BackupEntity",
                condition,
                parameters,
                row -> new BackupEntry(row.installationId, row.installation, row.sagaId, backup(row), row.pinned));
    }

    private static Backup backup(BackupEntity row) {
        return Columns.parse(row.body, Backup.class);
    }

    private static UUID[] installations(List<Taken> taken) {
        return taken.stream().map(Taken::installationId).toArray(UUID[]::new);
    }

    private static Instant[] times(List<Taken> taken) {
        return taken.stream().map(one -> one.backup().takenAt()).toArray(Instant[]::new);
    }
}
