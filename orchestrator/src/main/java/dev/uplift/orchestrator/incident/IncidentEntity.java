/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.incident;

import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/** What a person should see. */
@Entity
@Table(name = "incident")
class IncidentEntity {
    @Id
    UUID id;

    Instant at;

    String source;

    String problem;
}
