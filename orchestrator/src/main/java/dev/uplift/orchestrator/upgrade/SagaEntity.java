/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** What is read of a saga. All of it is written by {@link SagaStore}. */
@Entity
@Table(name = "saga")
class SagaEntity {
    @Id
    UUID id;

    @Column(name = "installation_id")
    UUID installationId;

    String installation;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    UpgradeStatus.Kind kind;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    UpgradeStatus.State phase;

    boolean live;

    long rev;

    /** Its {@link SagaOrder}. */
    @JdbcTypeCode(SqlTypes.JSON)
    String ordered;

    @JdbcTypeCode(SqlTypes.JSON)
    String state;

    @JdbcTypeCode(SqlTypes.JSON)
    String context;

    @Column(name = "database_identity")
    String databaseIdentity;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    @Nullable
    Outage outage;

    @Nullable
    String site;

    @Column(name = "started_at")
    Instant startedAt;

    @Column(name = "updated_at")
    Instant updatedAt;

    @Column(name = "ended_at")
    @Nullable
    Instant endedAt;

    SagaRow row() {
        return new SagaRow(
                id,
                installationId,
                installation,
                Columns.parse(ordered, SagaOrder.class),
                Columns.parse(state, SagaState.class),
                Columns.parse(context, SagaContext.class),
                outage == null ? Outage.NONE : outage,
                rev,
                startedAt,
                updatedAt,
                endedAt);
    }

    /** Of the JSON of its state and its context. */
    int characters() {
        return state.length() + context.length();
    }
}
