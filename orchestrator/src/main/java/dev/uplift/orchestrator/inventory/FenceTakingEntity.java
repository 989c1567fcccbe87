/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.FenceTaken;
import dev.uplift.contract.api.FenceTakingStatus;
import dev.uplift.contract.api.Reason;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** The wish of an operator that an installation gets the fences beside its nodes, and what became of it. */
@Entity
@Table(name = "fence_taking")
class FenceTakingEntity {
    @Id
    UUID id;

    @Column(name = "installation_id")
    UUID installationId;

    String installation;

    @JdbcTypeCode(SqlTypes.JSON)
    String wish;

    @Column(name = "asked_at")
    Instant askedAt;

    @JdbcTypeCode(SqlTypes.JSON)
    @Nullable
    String taken;

    @Nullable
    String problem;

    /** Whether it came with a registration, with which it is fulfilled or refused. */
    boolean registration;

    FenceTakingStatus status() {
        Reason reason = Columns.parse(wish, Reason.class);
        return new FenceTakingStatus(
                id,
                installationId,
                installation,
                reason.by(),
                reason.reason(),
                askedAt,
                taken == null ? null : Columns.parse(taken, FenceTaken.class),
                problem);
    }
}
