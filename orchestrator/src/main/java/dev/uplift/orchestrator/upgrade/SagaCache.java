/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Sagas as they were last seen committed, so that the next result need not read and parse what this process has just
 * written. A saga is what its {@code rev} says: whoever uses one from here has read its {@code rev} first, and what another
 * process has moved meanwhile is not found. Thread-safe.
 */
@Singleton
final class SagaCache {
    /** Of JSON, for each byte of the heap. What is made of a character takes about three bytes. */
    private static final double CHARACTERS_PER_BYTE = 0.125;

    /** Of the JSON of statuses: those of the last few seconds, which whoever listens is about to be sent. */
    private static final int STATUS_CHARACTERS_MAX = 8_000_000;

    private record Known(SagaRow row, int characters, int orderCharacters) {}

    private record Status(long rev, String json) {}

    private final Cache<UUID, Known> known = Caffeine.newBuilder()
            .maximumWeight((long) (Runtime.getRuntime().maxMemory() * CHARACTERS_PER_BYTE))
            // The id of a dry run may come again once it is forgotten, which takes days.
            .expireAfterAccess(Duration.ofHours(1))
            .<UUID, Known>weigher((id, saga) -> saga.characters() + saga.orderCharacters())
            .build();

    private final Cache<UUID, Status> statuses = Caffeine.newBuilder()
            .maximumWeight(STATUS_CHARACTERS_MAX)
            .<UUID, Status>weigher((id, status) -> status.json().length())
            .build();

    /** That saga, if it is known as it is in this revision. */
    @Nullable
    SagaRow find(UUID id, long rev) {
        Known saga = known.getIfPresent(id);
        return saga == null || saga.row().rev() != rev ? null : saga.row();
    }

    /**
     * Keeps a saga that is committed.
     *
     * @param characters of the JSON of its state and its context
     */
    void put(SagaRow row, int characters) {
        known.asMap()
                .compute(
                        row.id(),
                        (id, before) -> new Known(
                                row,
                                characters,
                                before == null ? Columns.json(row.order()).length() : before.orderCharacters()));
    }

    /** Keeps the JSON of the status of a saga that is committed. */
    void putStatus(SagaRow row, String json) {
        statuses.put(row.id(), new Status(row.rev(), json));
    }

    /** The JSON of its status. */
    String status(SagaRow row) {
        Status status = statuses.getIfPresent(row.id());
        return status != null && status.rev() == row.rev() ? status.json() : Columns.json(row.status());
    }
}
