/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

/**
 * Up to which id every row of the outbox can be seen, or will never be. Ids are handed out before their transactions
 * commit, so that the highest one seen says nothing: a lower one may still appear.
 *
 * <p>Who takes an id is in a transaction that has a number already. So when the counter of ids is read, and then the number
 * that the next transaction will have, all with ids up to that are below that number: once none of these runs any more, the
 * ids are settled. Not thread-safe.
 */
final class SettledIds {
    private final Database database;
    private long settled;
    private long countedBefore;
    private Candidate candidate = new Candidate(0, 0);

    /** Is settled when every transaction below {@code nextTransaction} has ended. */
    private record Candidate(long id, long nextTransaction) {}

    SettledIds(Database database) {
        this.database = database;
    }

    /** Asks once; the more often it is asked, the higher is the answer. What is read afterwards, by another statement, holds it. */
    long look() {
        Object[] seen = database.rows("""
                        SELECT (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM outbox_id_seq) AS counted,
                               pg_snapshot_xmax(snapshot)::text::bigint AS next_transaction,
                               (SELECT min(running::text::bigint) FROM pg_snapshot_xip(snapshot) running) AS running
                          FROM pg_current_snapshot() snapshot
                        """)
                .addScalar("counted", Long.class)
                .addScalar("next_transaction", Long.class)
                .addScalar("running", Long.class)
                .getSingleResult();
        long nextTransaction = (long) seen[1];
        long running = seen[2] == null ? nextTransaction : (long) seen[2];
        if (running >= candidate.nextTransaction()) {
            settled = candidate.id();
            candidate = new Candidate(countedBefore, nextTransaction);
        }
        // The snapshot of this statement may be older than the counter that it read: only the next one is not.
        countedBefore = (long) seen[0];
        return settled;
    }
}
