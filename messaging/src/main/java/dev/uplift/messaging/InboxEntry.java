/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The id of a message whose effects are committed. */
@Entity
@Table(name = "inbox")
class InboxEntry {
    @Id
    @Column(name = "message_id")
    UUID messageId;

    @Column(name = "claimed_at")
    Instant claimedAt;

    /** Absent: it was claimed before digests were kept. */
    @Nullable
    String digest;
}
