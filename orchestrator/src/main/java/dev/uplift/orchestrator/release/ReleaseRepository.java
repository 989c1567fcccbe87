/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.release;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.api.Page;
import dev.uplift.contract.api.Reason;
import dev.uplift.contract.api.ReleaseEntry;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The contents that upgrades were completed with. That, and not what was once fetched, is what a version is: the first
 * that was pinned; if none was, the first. What is forgotten stays, with who did it and why, and does not count.
 */
@Singleton
public class ReleaseRepository implements PanacheRepositoryBase<ReleaseEntity, Long> {
    static final Map<String, String> SORTS = Map.of("completedAt", "completedAt", "profile", "profile");

    private final Database database;
    private final Clock clock;

    ReleaseRepository(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /** An artifact that an upgrade was completed with. */
    public record Completed(ReleaseKey key, Artifact artifact, UUID upgradeId, String installation, Instant at) {}

    private record Said(ReleaseKey key, Artifact artifact) {}

    /** Writes them down; one that is known already may become pinned by it. */
    public void record(List<Completed> completed) {
        // A fleet is upgraded to one release. Sorted, so that two transactions never wait for each other.
        Set<Said> said = new HashSet<>();
        for (Completed one : completed.stream()
                .filter(each -> said.add(new Said(each.key(), each.artifact())))
                .sorted(Comparator.comparing(each -> each.artifact().sha256()))
                .toList()) {
            // Native: the conflict is one with an index of some of the rows.
            database.session()
                    .createNativeMutationQuery("""
                        INSERT INTO release (profile, edition, version, repository, sha256, pinned, artifact,
                                             upgrade_id, installation, completed_at)
                        VALUES (:profile, :edition, :version, :repository, :sha256, :pinned, CAST(:artifact AS jsonb),
                                :upgrade, :installation, :at)
                        ON CONFLICT (profile, edition, version, repository, sha256) WHERE forgotten_at IS NULL
                        DO UPDATE SET pinned = true WHERE excluded.pinned AND NOT release.pinned
                        """)
                    .setParameter("profile", one.key().profile())
                    .setParameter("edition", one.key().edition())
                    .setParameter("version", one.key().version())
                    .setParameter("repository", one.artifact().repository().orElse(""))
                    .setParameter("sha256", one.artifact().sha256())
                    .setParameter("pinned", one.artifact().pinned())
                    .setParameter("artifact", Columns.json(one.artifact()))
                    .setParameter("upgrade", one.upgradeId())
                    .setParameter("installation", one.installation())
                    .setParameter("at", one.at())
                    .executeUpdate();
        }
    }

    /** What these versions are, one artifact of each kind; a version that no upgrade to was completed is left out. */
    public Map<ReleaseKey, List<Artifact>> known(Set<ReleaseKey> keys) {
        Map<ReleaseKey, List<Artifact>> known = new HashMap<>();
        if (keys.isEmpty()) {
            return known;
        }
        List<ReleaseKey> asked = List.copyOf(keys);
        // Native: the first row of each kind.
        database.entities("""
                        SELECT DISTINCT ON (profile, edition, version, repository) r.*
                          FROM release r
                          JOIN unnest(:profiles, :editions, :versions) AS k (profile, edition, version)
                               USING (profile, edition, version)
                         WHERE forgotten_at IS NULL
                         ORDER BY profile, edition, version, repository, pinned DESC, id
                        """, ReleaseEntity.class)
                .setParameter(
                        "profiles", asked.stream().map(ReleaseKey::profile).toArray(String[]::new))
                .setParameter(
                        "editions", asked.stream().map(ReleaseKey::edition).toArray(String[]::new))
                .setParameter(
                        "versions", asked.stream().map(ReleaseKey::version).toArray(String[]::new))
                .getResultList()
                .forEach(row ->
                        known.computeIfAbsent(row.key(), _ -> new ArrayList<>()).add(row.artifact()));
        return known;
    }

    /** Those whose profile, version or hash contains what is looked for, the forgotten ones too. */
    Page<ReleaseEntry> page(Paging paging) {
        return paging.read(
                this,
                "ReleaseEntity",
                paging.contains("profile", "cast(sql('?->>''version''', artifact) as String)", "sha256"),
                Map.of(),
                ReleaseEntity::entry);
    }

    /** Takes back all that counts with this hash; returns it. */
    List<ReleaseEntry> forget(String sha256, Reason request) {
        List<ReleaseEntity> counted = find("sha256 = ?1 and forgottenAt is null", sha256)
                .withLock(LockModeType.PESSIMISTIC_WRITE)
                .list();
        Instant now = clock.instant();
        counted.forEach(row -> {
            row.forgottenAt = now;
            row.forgottenBy = request.by();
            row.forgottenBecause = request.reason();
        });
        return counted.stream().map(ReleaseEntity::entry).toList();
    }
}
