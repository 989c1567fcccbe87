/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A message that waits to be sent. */
@Entity
@Table(name = "outbox")
class OutboxEntry {
    @Id
    long id;

    String topic;

    @Nullable
    String key;

    /** A JSON object of texts. */
    String headers;

    /** Absent: a tombstone. */
    byte @Nullable [] value;

    @Column(name = "created_at")
    Instant createdAt;
}
