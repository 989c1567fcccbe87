/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Check;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Release;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** What is read of an installation again and again. What only its registration needs is written by {@link InstallationStore}. */
@Entity
@Table(name = "installation")
class InstallationEntity {
    private static final TypeReference<List<Check>> CHECKS = new TypeReference<>() {};
    private static final TypeReference<List<LeftOut>> LEFT_OUT = new TypeReference<>() {};

    @Id
    UUID id;

    String name;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    InstallationStatus.State state;

    long rev;

    long epoch;

    String site;

    @Nullable
    String profile;

    @JdbcTypeCode(SqlTypes.JSON)
    @Nullable
    String spec;

    @JdbcTypeCode(SqlTypes.JSON)
    @Nullable
    String running;

    @JdbcTypeCode(SqlTypes.JSON)
    String checks;

    @Nullable
    String problem;

    @Column(name = "left_out")
    @JdbcTypeCode(SqlTypes.JSON)
    String leftOut;

    @Column(name = "database_identity")
    @Nullable
    String databaseIdentity;

    @Column(name = "live_saga")
    @Nullable
    UUID liveSaga;

    @Column(name = "updated_at")
    Instant updatedAt;

    /** Given by the database. */
    @Column(name = "change_seq", insertable = false, updatable = false)
    long changeSeq;

    static InstallationEntity of(Installation row) {
        InstallationEntity entity = new InstallationEntity();
        entity.id = row.id();
        entity.name = row.name();
        entity.state = row.state();
        entity.rev = row.rev();
        entity.epoch = row.epoch();
        entity.site = row.site();
        entity.profile = row.profile();
        entity.spec = Columns.jsonOrNull(row.spec());
        entity.running = Columns.jsonOrNull(row.running());
        entity.checks = Columns.json(row.checks());
        entity.problem = row.problem();
        entity.leftOut = Columns.json(row.leftOut());
        entity.liveSaga = row.liveSaga();
        entity.updatedAt = row.updatedAt();
        return entity;
    }

    Installation row() {
        return new Installation(
                id,
                name,
                state,
                rev,
                epoch,
                site,
                profile,
                Columns.parseOrNull(spec, InstallationSpec.class),
                Columns.parseOrNull(running, Release.class),
                Columns.parse(checks, CHECKS),
                problem,
                Columns.parse(leftOut, LEFT_OUT),
                liveSaga,
                updatedAt);
    }
}
