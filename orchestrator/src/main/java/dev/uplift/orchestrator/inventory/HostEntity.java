/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;

/** A host that workers reach. */
@Entity
@Table(name = "host")
class HostEntity {
    @Id
    String name;

    String site;

    @JdbcTypeCode(SqlTypes.JSON)
    String spec;

    @Column(name = "updated_at")
    Instant updatedAt;

    HostEntry entry() {
        return new HostEntry(Columns.parse(spec, HostSpec.class), site, updatedAt);
    }
}
