/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.messaging.Database;
import dev.uplift.worker.WorkItem.Begun;
import dev.uplift.worker.WorkItem.Pending;
import dev.uplift.worker.WorkItem.Signal;
import dev.uplift.worker.WorkItem.StoredReply;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code work}, and the tasks that lease its keys. Every call works in the transaction of its thread. What is
 * native SQL is one statement for a whole batch, in its order, or needs what was there before.
 *
 * <p>Tasks are written by one statement for all keys, and not by the {@code SchedulerClient} of db-scheduler 16.7: it cannot
 * raise the priority of a task that is there. Of 200 keys {@code scheduleIfNotExists} makes 400 statements, and a task that
 * another process makes at the same moment aborts the transaction; {@code scheduleBatch} makes one, and none of the tasks
 * where one is there already.
 */
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

    private final Database database;
    private final String[] urgent;

    /** @param urgent types of items */
    WorkTable(Database database, Set<String> urgent) {
        this.database = database;
        this.urgent = urgent.toArray(String[]::new);
    }

    /** Adds what is new; returns the ids that were. */
    Set<UUID> add(List<WorkItem> items) {
        return new HashSet<>(database.column("""
                        INSERT INTO work (command_id, key, scope, revokes, epoch, type, traceparent, body)
                        SELECT command_id, key, scope, revokes, epoch, type, traceparent, body
                        FROM unnest(:ids, :keys, :scopes, :revokes, :epochs, :types, :traceparents, :bodies)
                            WITH ORDINALITY
                            AS item (command_id, key, scope, revokes, epoch, type, traceparent, body, position)
                        ORDER BY position
                        ON CONFLICT DO NOTHING RETURNING command_id
                        """, "command_id", UUID.class)
                .setParameter("ids", items.stream().map(WorkItem::commandId).toArray(UUID[]::new))
                .setParameter("keys", texts(items, WorkItem::key))
                .setParameter("scopes", texts(items, WorkItem::scope))
                .setParameter("revokes", items.stream().map(WorkItem::revokes).toArray(Boolean[]::new))
                .setParameter("epochs", items.stream().map(WorkItem::epoch).toArray(Long[]::new))
                .setParameter("types", texts(items, WorkItem::type))
                .setParameter("traceparents", texts(items, WorkItem::traceparent))
                .setParameter("bodies", texts(items, WorkItem::body))
                .getResultList());
    }

    /** The answers of those of {@code commandIds} that are finished. */
    List<StoredReply> replies(Collection<UUID> commandIds) {
        return database
                .session()
                .createSelectionQuery(
                        "from WorkEntry where commandId in :ids and reply is not null order by seq", WorkEntry.class)
                .setParameterList("ids", commandIds)
                .getResultList()
                .stream()
                .map(entry -> new StoredReply(
                        entry.commandId,
                        entry.key,
                        Objects.requireNonNull(entry.replyType),
                        Objects.requireNonNull(entry.reply)))
                .toList();
    }

    /**
     * Lets those of {@code keys} run that have something pending. To be called after the items were
     * committed: a run that ends looks for pending items after it removed its task, so either it sees
     * them or the task is made here.
     */
    int schedule(Collection<String> keys, Instant now) {
        return database.session()
                .createNativeMutationQuery("""
                        INSERT INTO scheduled_tasks
                            (task_name, task_instance, execution_time, picked, version, priority)
                        SELECT :task, key, CAST(:now AS timestamptz), false, 1,
                        """ + PRIORITY + """
                        FROM work WHERE key = ANY (:keys) AND finished_at IS NULL GROUP BY key ORDER BY key
                        """ + RAISE)
                .setParameter("task", TASK)
                .setParameter("now", now)
                .setParameter("keys", keys.toArray(String[]::new))
                .setParameter("urgent", urgent)
                .executeUpdate();
    }

    /** Lets every key run that has something pending, and no task: what a crash left behind. */
    int scheduleAll(Instant now) {
        return database.session()
                .createNativeMutationQuery("""
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
                .setParameter("task", TASK)
                .setParameter("now", now)
                .setParameter("urgent", urgent)
                .executeUpdate();
    }

    /** Begins the oldest pending item of {@code key}. */
    Optional<Begun> begin(String key) {
        return database.rows("""
                        UPDATE work AS begun
                        SET deliveries = deliveries + 1, begun_at = coalesce(begun_at, now())
                        WHERE command_id = (
                            SELECT command_id FROM work
                            WHERE key = :key AND finished_at IS NULL ORDER BY seq LIMIT 1)
                        RETURNING command_id, key, scope, revokes, epoch, type, traceparent, body, deliveries,
                            (NOT revokes AND EXISTS (
                                SELECT 1 FROM work AS undo WHERE undo.scope = begun.scope AND undo.revokes)) AS revoked,
                            (SELECT max(epoch) FROM work AS seen WHERE seen.key = begun.key) AS epoch_max
                        """).setParameter("key", key).getResultList().stream()
                .map(WorkTable::begun)
                .findFirst();
    }

    private static Begun begun(@Nullable Object[] row) {
        return new Begun(
                new WorkItem(
                        (UUID) Objects.requireNonNull(row[0]),
                        (String) Objects.requireNonNull(row[1]),
                        (String) row[2],
                        (boolean) Objects.requireNonNull(row[3]),
                        (long) Objects.requireNonNull(row[4]),
                        (String) Objects.requireNonNull(row[5]),
                        (String) row[6],
                        (String) Objects.requireNonNull(row[7])),
                (int) Objects.requireNonNull(row[8]),
                (boolean) Objects.requireNonNull(row[9]),
                (long) Objects.requireNonNull(row[10]));
    }

    /**
     * Ends an item with its answer.
     *
     * @return false if another delivery took it over, or ended it: nothing was changed
     */
    boolean finish(Begun begun, StoredReply reply) {
        return database.session()
                        .createMutationQuery("""
                                update WorkEntry set finishedAt = instant, replyType = :type, reply = :reply
                                where commandId = :id and deliveries = :delivery and finishedAt is null
                                """)
                        .setParameter("type", reply.type())
                        .setParameter("reply", reply.body())
                        .setParameter("id", begun.item().commandId())
                        .setParameter("delivery", begun.delivery())
                        .executeUpdate()
                == 1;
    }

    /** Ends an item that cannot even be answered. */
    void abandon(Begun begun) {
        database.session()
                .createMutationQuery(
                        "update WorkEntry set finishedAt = instant where commandId = :id and finishedAt is null")
                .setParameter("id", begun.item().commandId())
                .executeUpdate();
    }

    /** What running items have to know. */
    List<Signal> signals(Collection<UUID> running) {
        return database.rows("""
                        SELECT command_id, deliveries, EXISTS (
                            SELECT 1 FROM work AS waiting
                            WHERE waiting.key = run.key AND waiting.finished_at IS NULL
                              AND (waiting.epoch > run.epoch
                                   OR (waiting.revokes AND NOT run.revokes
                                       AND split_part(waiting.scope, '/', 1) = split_part(run.scope, '/', 1)))
                        ) AS revoked
                        FROM work AS run WHERE command_id = ANY (:running)
                        """).setParameter("running", running.toArray(UUID[]::new)).getResultList().stream()
                .map(row -> new Signal((UUID) row[0], (int) row[1], (boolean) row[2]))
                .toList();
    }

    /** Forgets items that ended before {@code before}: longer ago than Kafka keeps commands. */
    int forget(Instant before, int max) {
        return database.session()
                .createMutationQuery(
                        "delete from WorkEntry where commandId in"
                                + " (select old.commandId from WorkEntry old where old.finishedAt < :before order by old.finishedAt limit :max)")
                .setParameter("before", before)
                .setParameter("max", max)
                .executeUpdate();
    }

    /** How many items wait or run. */
    long pending() {
        return database.session()
                .createSelectionQuery("select count(*) from WorkEntry where finishedAt is null", Long.class)
                .getSingleResult();
    }

    /** The oldest items of these types that wait or run, at most {@code limit}. */
    List<Pending> pending(Collection<String> types, int limit) {
        return database
                .session()
                .createSelectionQuery(
                        "from WorkEntry where finishedAt is null and type in :types order by seq", WorkEntry.class)
                .setParameterList("types", types)
                .setMaxResults(limit)
                .getResultList()
                .stream()
                .map(entry -> new Pending(entry.key, entry.type, entry.body))
                .toList();
    }

    private static @Nullable String[] texts(List<WorkItem> items, Function<WorkItem, @Nullable String> text) {
        return items.stream().map(text).toArray(String[]::new);
    }
}
