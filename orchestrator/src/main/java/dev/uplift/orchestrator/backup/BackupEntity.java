/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.backup;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Formula;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A proven backup. */
@Entity
@Table(name = "backup")
class BackupEntity {
    @Id
    UUID id;

    @Column(name = "installation_id")
    UUID installationId;

    String installation;

    @Column(name = "saga_id")
    UUID sagaId;

    @JdbcTypeCode(SqlTypes.JSON)
    String body;

    @Column(name = "taken_at")
    Instant takenAt;

    /** Whether an upgrade or restore that is under way needs it. */
    @Formula("EXISTS (SELECT 1 FROM saga s WHERE s.live AND (s.id = saga_id OR s.source_backup_id = id))")
    boolean pinned;
}
