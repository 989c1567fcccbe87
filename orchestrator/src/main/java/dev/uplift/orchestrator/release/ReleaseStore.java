package dev.uplift.orchestrator.release;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.ReleaseEntry;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The contents that upgrades were completed with. That, and not what was once fetched, is what a version is: the first
 * that was pinned; if none was, the first. What is forgotten stays, with who did it and why, and does not count.
 */
public final class ReleaseStore {
    static final Map<String, String> SORTS = Map.of("completedAt", "completed_at", "profile", "profile");

    private ReleaseStore() {}

    /** An artifact that an upgrade was completed with. */
    public record Completed(ReleaseKey key, Artifact artifact, UUID upgradeId, String installation, Instant at) {}

    /** Writes them down; one that is known already may become pinned by it. */
    public static void record(Handle handle, List<Completed> completed) {
        // Sorted, so that two transactions never wait for each other.
        for (Completed one : completed.stream()
                .sorted((a, b) -> a.artifact().sha256().compareTo(b.artifact().sha256()))
                .toList()) {
            handle.createUpdate("""
                INSERT INTO release (profile, edition, version, repository, sha256, pinned, artifact,
                                     upgrade_id, installation, completed_at)
                VALUES (:profile, :edition, :version, :repository, :sha256, :pinned, :artifact::jsonb,
                        :upgrade, :installation, :at::timestamptz)
                ON CONFLICT (profile, edition, version, repository, sha256) WHERE forgotten_at IS NULL
                DO UPDATE SET pinned = true WHERE excluded.pinned AND NOT release.pinned
                """)
                    .bind("profile", one.key().profile())
                    .bind("edition", one.key().edition())
                    .bind("version", one.key().version())
                    .bind("repository", one.artifact().repository().orElse(""))
                    .bind("sha256", one.artifact().sha256())
                    .bind("pinned", one.artifact().pinned())
                    .bind("artifact", Columns.json(one.artifact()))
                    .bind("upgrade", one.upgradeId())
                    .bind("installation", one.installation())
                    .bind("at", one.at().toString())
                    .execute();
        }
    }

    /** What these versions are, one artifact of each kind; a version that no upgrade to was completed is left out. */
    public static Map<ReleaseKey, List<Artifact>> known(Handle handle, Set<ReleaseKey> keys) {
        Map<ReleaseKey, List<Artifact>> known = new HashMap<>();
        if (keys.isEmpty()) {
            return known;
        }
        List<ReleaseKey> asked = List.copyOf(keys);
        handle.createQuery("""
            SELECT DISTINCT ON (profile, edition, version, repository)
                   profile, edition, version, artifact::text, pinned
              FROM release
              JOIN unnest(:profiles, :editions, :versions) AS k(profile, edition, version)
                   USING (profile, edition, version)
             WHERE forgotten_at IS NULL
             ORDER BY profile, edition, version, repository, pinned DESC, id
            """)
                .bindArray(
                        "profiles",
                        String.class,
                        asked.stream().map(ReleaseKey::profile).toArray())
                .bindArray(
                        "editions",
                        String.class,
                        asked.stream().map(ReleaseKey::edition).toArray())
                .bindArray(
                        "versions",
                        String.class,
                        asked.stream().map(ReleaseKey::version).toArray())
                .map((row, _) -> known.computeIfAbsent(
                                new ReleaseKey(
                                        row.getString("profile"), row.getString("edition"), row.getString("version")),
                                _ -> new ArrayList<>())
                        .add(artifact(row)))
                .list();
        return known;
    }

    /** Those whose profile, version or hash contains what is looked for, the forgotten ones too. */
    static Page<ReleaseEntry> page(Handle handle, Paging paging) {
        String where = " FROM release WHERE lower(profile || ' ' || (artifact->>'version') || ' ' || sha256) LIKE :q";
        long total = handle.createQuery("SELECT count(*)" + where)
                .bind("q", paging.pattern())
                .mapTo(Long.class)
                .one();
        List<ReleaseEntry> content = handle.createQuery(paging.select("t.*", "release", where))
                .bind("q", paging.pattern())
                .bind("limit", paging.limit())
                .bind("offset", paging.offset())
                .map((row, _) -> entry(row))
                .list();
        return new Page<>(content, total, paging.offset(), paging.limit());
    }

    /** Takes back all that counts with this hash; returns it. */
    static List<ReleaseEntry> forget(Handle handle, String sha256, Reason request) {
        return handle.createQuery("""
            UPDATE release SET forgotten_at = now(), forgotten_by = :by, forgotten_because = :reason
             WHERE sha256 = :sha256 AND forgotten_at IS NULL
            RETURNING *
            """)
                .bind("sha256", sha256)
                .bind("by", request.by())
                .bind("reason", request.reason())
                .map((row, _) -> entry(row))
                .list();
    }

    private static ReleaseEntry entry(ResultSet row) throws SQLException {
        return new ReleaseEntry(
                row.getString("profile"),
                artifact(row),
                Columns.uuid(row, "upgrade_id"),
                row.getString("installation"),
                Columns.instant(row, "completed_at"),
                forgotten(row));
    }

    private static ReleaseEntry.@Nullable Forgotten forgotten(ResultSet row) throws SQLException {
        Instant at = Columns.instantOrNull(row, "forgotten_at");
        return at == null
                ? null
                : new ReleaseEntry.Forgotten(at, row.getString("forgotten_by"), row.getString("forgotten_because"));
    }

    private static Artifact artifact(ResultSet row) throws SQLException {
        Artifact stored = Columns.json(row, "artifact", Artifact.class);
        return new Artifact(
                stored.sha256(),
                stored.sizeBytes(),
                stored.version(),
                stored.edition(),
                stored.location(),
                row.getBoolean("pinned"),
                stored.javaMin());
    }
}
