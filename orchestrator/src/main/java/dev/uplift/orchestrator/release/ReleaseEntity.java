/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.release;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.api.ReleaseEntry;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A content that an upgrade was completed with. */
@Entity
@Table(name = "release")
class ReleaseEntity {
    @Id
    @GeneratedValue(strategy = GenerationType.IDENTITY)
    long id;

    String profile;

    String edition;

    String version;

    String repository;

    String sha256;

    boolean pinned;

    @JdbcTypeCode(SqlTypes.JSON)
    String artifact;

    @Column(name = "upgrade_id")
    UUID upgradeId;

    String installation;

    @Column(name = "completed_at")
    Instant completedAt;

    @Column(name = "forgotten_at")
    @Nullable
    Instant forgottenAt;

    @Column(name = "forgotten_by")
    @Nullable
    String forgottenBy;

    @Column(name = "forgotten_because")
    @Nullable
    String forgottenBecause;

    ReleaseKey key() {
        return new ReleaseKey(profile, edition, version);
    }

    /** As it was fetched; whether it is pinned may have changed since. */
    Artifact artifact() {
        Artifact stored = Columns.parse(artifact, Artifact.class);
        return new Artifact(
                stored.sha256(),
                stored.sizeBytes(),
                stored.version(),
                stored.edition(),
                stored.location(),
                pinned,
                stored.javaMin());
    }

    ReleaseEntry entry() {
        return new ReleaseEntry(
                profile,
                artifact(),
                upgradeId,
                installation,
                completedAt,
                forgottenAt == null
                        ? null
                        : new ReleaseEntry.Forgotten(
                                forgottenAt, String.valueOf(forgottenBy), String.valueOf(forgottenBecause)));
    }
}
