/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Sees to it that no record ends the process again and again.
 *
 * <ol>
 *   <li>While a consumer runs, a row says so. Found at a start, it says that the last process was killed
 *       or died of a record. Nothing else is written as long as no process dies.
 *   <li>From such a start on, a batch is written down before it is taken, in a transaction of its own;
 *       the transaction that takes it deletes that again, in whichever process.
 *   <li>What is found written down was in the hands of a process that died: it is taken one by one, and
 *       counted before. So only the record that ends the process is counted more than once.
 *   <li>One that was begun {@value #ALONE_MAX} times by itself and never ended is not taken any more.
 * </ol>
 *
 * For one consumer, whose batches are taken one after the other.
 */
final class CrashGuard {
    static final int ALONE_MAX = 3;

    private final Database database;
    private final String consumer;
    private final String instance;
    private final Set<Position> mine = new HashSet<>();
    private boolean watchful;

    private record Position(String topic, int partition, long offset) {
        static Position of(ConsumerRecord<?, ?> one) {
            return new Position(one.topic(), one.partition(), one.offset());
        }
    }

    CrashGuard(Database database, String consumer, String instance) {
        this.database = database;
        this.consumer = consumer;
        this.instance = instance;
    }

    /** To be called once in a process, before the first record is taken. Returns whether the last process died. */
    boolean begin() {
        int added = database.inTransaction(() -> database.session()
                .createMutationQuery("insert into ConsumerRun (consumer, instance) values (:consumer, :instance)"
                        + " on conflict do nothing")
                .setParameter("consumer", consumer)
                .setParameter("instance", instance)
                .executeUpdate());
        watchful = added == 0;
        return watchful;
    }

    /** The consumer ends in order. */
    void end() {
        database.useTransaction(() -> {
            delete(List.copyOf(mine));
            database.session()
                    .createMutationQuery("delete from ConsumerRun where consumer = :consumer and instance = :instance")
                    .setParameter("consumer", consumer)
                    .setParameter("instance", instance)
                    .executeUpdate();
        });
    }

    /** Writes a batch down, if need be. Returns whether one of it was in the hands of a process that died. */
    boolean suspects(List<ConsumerRecord<String, byte[]>> batch) {
        if (!watchful) {
            return false;
        }
        List<Position> others = batch.stream()
                .map(Position::of)
                .filter(position -> !mine.contains(position))
                .toList();
        if (others.isEmpty()) {
            return false;
        }
        int added = database.inTransaction(() -> database.session()
                .createNativeMutationQuery("""
            INSERT INTO record_in_hand (consumer, topic, partition, record_offset)
            SELECT :consumer, topic, partition, record_offset
            FROM unnest(:topics, :partitions, :offsets) AS batch (topic, partition, record_offset)
            ON CONFLICT DO NOTHING
            """)
                .setParameter("consumer", consumer)
                .setParameter("topics", topics(others))
                .setParameter("partitions", partitions(others))
                .setParameter("offsets", offsets(others))
                .executeUpdate());
        if (added < others.size()) {
            return true;
        }
        mine.addAll(others);
        return false;
    }

    /** Counts a suspect before it is taken by itself; false: it has ended the process too often. */
    boolean mayTake(ConsumerRecord<String, byte[]> one) {
        if (!watchful || mine.contains(Position.of(one))) {
            return true;
        }
        int begun = database.inTransaction(() -> database.column("""
            INSERT INTO record_in_hand (consumer, topic, partition, record_offset, alone_count)
            VALUES (:consumer, :topic, :partition, :offset, 1)
            ON CONFLICT (consumer, topic, partition, record_offset)
                DO UPDATE SET alone_count = record_in_hand.alone_count + 1
            RETURNING alone_count
            """, "alone_count", Integer.class)
                .setParameter("consumer", consumer)
                .setParameter("topic", one.topic())
                .setParameter("partition", one.partition())
                .setParameter("offset", one.offset())
                .getSingleResult());
        return begun <= ALONE_MAX && mine.add(Position.of(one));
    }

    /**
     * The batch leaves all hands with the transaction of this thread: it was taken, or set aside. Another process may have written
     * it down; what was left of that would count against other records, once the topic is made again.
     */
    void release(List<ConsumerRecord<String, byte[]>> batch) {
        List<Position> released = batch.stream().map(Position::of).toList();
        delete(released);
        database.afterCommit(() -> released.forEach(mine::remove));
    }

    private void delete(List<Position> released) {
        database.session()
                .createNativeMutationQuery("""
            DELETE FROM record_in_hand WHERE consumer = :consumer AND (topic, partition, record_offset) IN (
                SELECT topic, partition, record_offset
                FROM unnest(:topics, :partitions, :offsets) AS batch (topic, partition, record_offset))
            """)
                .setParameter("consumer", consumer)
                .setParameter("topics", topics(released))
                .setParameter("partitions", partitions(released))
                .setParameter("offsets", offsets(released))
                .executeUpdate();
    }

    private static String[] topics(List<Position> positions) {
        return positions.stream().map(Position::topic).toArray(String[]::new);
    }

    private static Integer[] partitions(List<Position> positions) {
        return positions.stream().map(Position::partition).toArray(Integer[]::new);
    }

    private static Long[] offsets(List<Position> positions) {
        return positions.stream().map(Position::offset).toArray(Long[]::new);
    }
}
