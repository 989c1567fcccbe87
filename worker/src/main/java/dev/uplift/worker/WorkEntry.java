/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A command that waits, runs, or is finished and keeps its answer. */
@Entity
@Table(name = "work")
class WorkEntry {
    @Id
    @Column(name = "command_id")
    UUID commandId;

    /** In the order of arrival; given by the database. */
    @Column(insertable = false, updatable = false)
    long seq;

    String key;

    @Nullable
    String scope;

    boolean revokes;

    long epoch;

    String type;

    @Nullable
    String traceparent;

    /** JSON. */
    String body;

    int deliveries;

    @Column(name = "finished_at")
    @Nullable
    Instant finishedAt;

    @Column(name = "reply_type")
    @Nullable
    String replyType;

    /** JSON. */
    @Nullable
    String reply;
}
