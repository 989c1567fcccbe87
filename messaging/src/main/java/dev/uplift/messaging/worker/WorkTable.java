package dev.uplift.messaging.worker;

import dev.uplift.messaging.worker.WorkItem.Begun;
import dev.uplift.messaging.worker.WorkItem.Pending;
import dev.uplift.messaging.worker.WorkItem.Signal;
import dev.uplift.messaging.worker.WorkItem.StoredReply;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The table {@code work}, and the tasks that lease its keys. Every call works in the caller's transaction. */
final class WorkTable {
    /** The name of the tasks that run a key's items; a task's instance is the key. */
    static final String TASK = "work";

    /** Keys with an urgent item, or one that takes something back, are begun before the others. */
    private static final String PRIORITY = """
            CASE WHEN bool_or(revokes OR type = ANY (:urgent)) THEN 90 ELSE 50 END
            """;

    private static final String RAISE = """
            ON CONFLICT (task_name, task_instance) DO UPDATE SET priority = excluded.priority
            WHERE scheduled_tasks.priority < excluded.priority
            """;

    private final Set<String> urgent;

    /** @param urgent types of items */
    WorkTable(Set<String> urgent) {
        this.urgent = Set.copyOf(urgent);
    }

    /** Adds what is new; returns the ids that were. */
    Set<UUID> add(Handle handle, List<WorkItem> items) {
        return new HashSet<>(handle.createQuery("""
                        INSERT INTO work (command_id, key, scope, revokes, epoch, type, traceparent, body)
                        SELECT command_id, key, scope, revokes, epoch, type, traceparent, body
                        FROM unnest(:ids, :keys, :scopes, :revokes, :epochs, :types, :traceparents, :bodies)
                            WITH ORDINALITY
                            AS item (command_id, key, scope, revokes, epoch, type, traceparent, body, position)
                        ORDER BY position
                        ON CONFLICT DO NOTHING RETURNING command_id
                        """)
                .bindArray(
                        "ids",
                        UUID.class,
                        items.stream().map(WorkItem::commandId).toList())
                .bindArray(
                        "keys", String.class, items.stream().map(WorkItem::key).toList())
                .bindArray(
                        "scopes",
                        String.class,
                        items.stream().map(WorkItem::scope).toList())
                .bindArray(
                        "revokes",
                        Boolean.class,
                        items.stream().map(WorkItem::revokes).toList())
                .bindArray(
                        "epochs",
                        Long.class,
                        items.stream().map(WorkItem::epoch).toList())
                .bindArray(
                        "types",
                        String.class,
                        items.stream().map(WorkItem::type).toList())
                .bindArray(
                        "traceparents",
                        String.class,
                        items.stream().map(WorkItem::traceparent).toList())
                .bindArray(
                        "bodies",
                        String.class,
                        items.stream().map(WorkItem::body).toList())
                .mapTo(UUID.class)
                .list());
    }

    /** The answers of those of {@code commandIds} that are finished. */
    List<StoredReply> replies(Handle handle, Collection<UUID> commandIds) {
        return handle.createQuery("""
                        SELECT command_id, key, reply_type, reply FROM work
                        WHERE command_id = ANY (:ids) AND reply IS NOT NULL ORDER BY seq
                        """)
                .bindArray("ids", UUID.class, commandIds)
                .map((row, context) -> new StoredReply(
                        row.getObject("command_id", UUID.class),
                        row.getString("key"),
                        row.getString("reply_type"),
                        row.getString("reply")))
                .list();
    }

    /**
     * Lets those of {@code keys} run that have something pending. To be called after the items were
     * committed: a run that ends looks for pending items after it removed its task, so either it sees
     * them or the task is made here.
     */
    int schedule(Handle handle, Collection<String> keys, Instant now) {
        return handle.createUpdate("""
                        INSERT INTO scheduled_tasks
                            (task_name, task_instance, execution_time, picked, version, priority)
                        SELECT :task, key, CAST(:now AS timestamptz), false, 1,
                        """ + PRIORITY + """
                        FROM work WHERE key = ANY (:keys) AND finished_at IS NULL GROUP BY key ORDER BY key
                        """ + RAISE)
                .bind("task", TASK)
                .bind("now", utc(now))
                .bindArray("keys", String.class, keys)
                .bindArray("urgent", String.class, urgent)
                .execute();
    }

    /** Lets every key run that has something pending, and no task: what a crash left behind. */
    int scheduleAll(Handle handle, Instant now) {
        return handle.createUpdate("""
                        INSERT INTO scheduled_tasks
                            (task_name, task_instance, execution_time, picked, version, priority)
                        SELECT :task, key, CAST(:now AS timestamptz), false, 1,
                        """ + PRIORITY + """
                        FROM work
                        WHERE finished_at IS NULL AND NOT EXISTS (
                            SELECT 1 FROM scheduled_tasks WHERE task_name = :task AND task_instance = key)
                        GROUP BY key ORDER BY key
                        ON CONFLICT DO NOTHING
                        """)
                .bind("task", TASK)
                .bind("now", utc(now))
                .bindArray("urgent", String.class, urgent)
                .execute();
    }

    /** Begins the oldest pending item of {@code key}. */
    Optional<Begun> begin(Handle handle, String key) {
        return handle.createQuery("""
                        UPDATE work AS begun
                        SET deliveries = deliveries + 1, begun_at = coalesce(begun_at, now())
                        WHERE command_id = (
                            SELECT command_id FROM work
                            WHERE key = :key AND finished_at IS NULL ORDER BY seq LIMIT 1)
                        RETURNING command_id, key, scope, revokes, epoch, type, traceparent, body, deliveries,
                            (NOT revokes AND EXISTS (
                                SELECT 1 FROM work AS undo WHERE undo.scope = begun.scope AND undo.revokes)) AS revoked,
                            (SELECT max(epoch) FROM work AS seen WHERE seen.key = begun.key) AS epoch_max
                        """)
                .bind("key", key)
                .map((row, context) -> new Begun(
                        new WorkItem(
                                row.getObject("command_id", UUID.class),
                                row.getString("key"),
                                row.getString("scope"),
                                row.getBoolean("revokes"),
                                row.getLong("epoch"),
                                row.getString("type"),
                                row.getString("traceparent"),
                                row.getString("body")),
                        row.getInt("deliveries"),
                        row.getBoolean("revoked"),
                        row.getLong("epoch_max")))
                .findOne();
    }

    /**
     * Ends an item with its answer.
     *
     * @return false if another delivery took it over, or ended it: nothing was changed
     */
    boolean finish(Handle handle, Begun begun, StoredReply reply) {
        return handle.createUpdate("""
                                UPDATE work SET finished_at = now(), reply_type = :type, reply = :reply
                                WHERE command_id = :id AND deliveries = :delivery AND finished_at IS NULL
                                """)
                        .bind("type", reply.type())
                        .bind("reply", reply.body())
                        .bind("id", begun.item().commandId())
                        .bind("delivery", begun.delivery())
                        .execute()
                == 1;
    }

    /** Ends an item that cannot even be answered. */
    void abandon(Handle handle, Begun begun) {
        handle.createUpdate("UPDATE work SET finished_at = now() WHERE command_id = :id AND finished_at IS NULL")
                .bind("id", begun.item().commandId())
                .execute();
    }

    /** What running items have to know. */
    List<Signal> signals(Handle handle, Collection<UUID> running) {
        return handle.createQuery("""
                        SELECT command_id, deliveries, EXISTS (
                            SELECT 1 FROM work AS waiting
                            WHERE waiting.key = run.key AND waiting.finished_at IS NULL
                              AND (waiting.epoch > run.epoch
                                   OR (waiting.revokes AND NOT run.revokes
                                       AND split_part(waiting.scope, '/', 1) = split_part(run.scope, '/', 1)))
                        ) AS revoked
                        FROM work AS run WHERE command_id = ANY (:running)
                        """)
                .bindArray("running", UUID.class, running)
                .map((row, context) -> new Signal(
                        row.getObject("command_id", UUID.class), row.getInt("deliveries"), row.getBoolean("revoked")))
                .list();
    }

    /** Forgets items that ended before {@code before}: longer ago than Kafka keeps commands. */
    int forget(Handle handle, Instant before) {
        return handle.createUpdate("DELETE FROM work WHERE finished_at < :before")
                .bind("before", utc(before))
                .execute();
    }

    /** How many items wait or run. */
    long pending(Handle handle) {
        return handle.createQuery("SELECT count(*) FROM work WHERE finished_at IS NULL")
                .mapTo(Long.class)
                .one();
    }

    /** The oldest items of these types that wait or run, at most {@code limit}. */
    List<Pending> pending(Handle handle, Collection<String> types, int limit) {
        return handle.createQuery("SELECT key, type, body FROM work"
                        + " WHERE finished_at IS NULL AND type = ANY (:types) ORDER BY seq LIMIT :limit")
                .bindArray("types", String.class, types)
                .bind("limit", limit)
                .map((row, context) -> new Pending(row.getString("key"), row.getString("type"), row.getString("body")))
                .list();
    }

    private static OffsetDateTime utc(Instant instant) {
        return OffsetDateTime.ofInstant(instant, ZoneOffset.UTC);
    }
}
