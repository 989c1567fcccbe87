/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/** A search for what runs on a host. Without {@link #found} and {@link #problem} nobody has answered yet. */
@Entity
@Table(name = "discovery")
class DiscoveryEntity {
    @Id
    UUID id;

    String host;

    String site;

    @Column(name = "asked_at")
    Instant askedAt;

    @Column(name = "due_at")
    Instant dueAt;

    @JdbcTypeCode(SqlTypes.JSON)
    @Nullable
    String found;

    @Nullable
    String problem;
}
