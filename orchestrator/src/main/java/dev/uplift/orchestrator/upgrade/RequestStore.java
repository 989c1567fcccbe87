/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.AcceptedSagas.Accepted;
import dev.uplift.contract.api.AcceptedSagas.Refusal;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.sql.Columns;
import jakarta.inject.Singleton;
import jakarta.persistence.PersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.hibernate.query.CommonQueryContract;
import org.jspecify.annotations.Nullable;

/**
 * The tables of requests and of their answers. A request is worked at inside the database: arrays of targets, and JSON that
 * is compared as PostgreSQL writes it, which HQL has no words for.
 */
@Singleton
public final class RequestStore {
    private static final String ALL = "*";
    // PostgreSQL writes equal JSON in one way.
    private static final String DIGEST =
            "encode(sha256(convert_to(CAST(CAST(:body AS jsonb) - 'requestId' AS text), 'UTF8')), 'hex')";

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final Duration TURN = Duration.ofSeconds(10);

    /** A quarter of the pool's. */
    private static final int CONNECTIONS_MAX = 4;

    private final Database database;
    private final DataSource dataSource;
    private final Semaphore connections = new Semaphore(CONNECTIONS_MAX, true);

    RequestStore(Database database, DataSource dataSource) {
        this.database = database;
        this.dataSource = dataSource;
    }

    /** Names a request: a dry run may have the id of an upgrade. */
    record Key(UUID id, UpgradeStatus.Kind kind) {}

    /**
     * Some of the installations that a request is for; the transaction holds the request locked.
     *
     * @param source where the request came from; absent: somebody waits for the answer
     * @param part the request, with just these installations; absent: there are none
     * @param last whether there are no more
     */
    record Chunk(Key key, @Nullable String source, @Nullable UpgradeRequested part, boolean last) {}

    /**
     * Accepts a request, or a copy of it, which changes nothing; false if this is the id of one for something else. {@code *}
     * means the installations that are known now.
     */
    boolean insert(Key key, @Nullable String source, UpgradeRequested request) {
        String asked = Columns.json(request);
        boolean all = request.installations().equals(List.of(ALL));
        int added = bind(database.session().createNativeMutationQuery("""
            INSERT INTO request (id, kind, at, source, body, targets, digest)
            VALUES (:id, :kind, now(), :source, CAST(:body AS jsonb) - 'installations',
                    CASE WHEN :all THEN ARRAY(
                        SELECT CAST(id AS text) FROM installation
                         WHERE spec IS NOT NULL AND (CAST(:profile AS text) IS NULL OR profile = :profile)
                         ORDER BY id)
                    ELSE CAST(:targets AS text[]) END,
            """ + DIGEST + ") ON CONFLICT DO NOTHING"), key)
                .setParameter("source", source, String.class)
                .setParameter("body", asked)
                .setParameter("all", all)
                .setParameter("profile", request.profile(), String.class)
                .setParameter(
                        "targets",
                        all
                                ? new String[0]
                                : request.installations().stream().distinct().toArray(String[]::new))
                .executeUpdate();
        return added == 1 || isCopy(key, asked);
    }

    private boolean isCopy(Key key, String asked) {
        return bind(
                        database.column(
                                "SELECT digest IS NULL OR digest = " + DIGEST + " AS copy"
                                        + " FROM request WHERE id = :id AND kind = :kind",
                                "copy",
                                Boolean.class),
                        key)
                .setParameter("body", asked)
                .getSingleResult();
    }

    /** The request that was accepted first of those that are not carried out. */
    Optional<Key> oldestOpen() {
        return database
                .rows("SELECT id, kind FROM request WHERE finished_at IS NULL ORDER BY seq LIMIT 1")
                .getResultList()
                .stream()
                .map(row -> new Key((UUID) row[0], UpgradeStatus.Kind.valueOf((String) row[1])))
                .findFirst();
    }

    /**
     * Runs {@code work} while nobody else, on another connection, does so for the same request: it waits for its turn, at
     * most 10 s. A process that has lost its power keeps its turn until the database notices, which may take hours. To be
     * called outside of a transaction. At most {@value #CONNECTIONS_MAX} of this process hold a connection for their turn,
     * since each needs a second one for its work.
     *
     * @throws PersistenceException because of SQLSTATE 55P03 if its turn does not come
     */
    <T> T alone(Key key, Supplier<T> work) {
        try {
            if (!connections.tryAcquire(TURN.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new PersistenceException(
                        "request " + key.id() + " has no turn",
                        new SQLException(CONNECTIONS_MAX + " requests are being carried out", LOCK_NOT_AVAILABLE));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PersistenceException("request " + key.id() + " has no turn", e);
        }
        try {
            return aloneConnected(key, work);
        } finally {
            connections.release();
        }
    }

    private <T> T aloneConnected(Key key, Supplier<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            // What is set for the transaction ends with it; the lock is the session's, and stays.
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET LOCAL lock_timeout = " + TURN.toMillis());
                lock(connection, "pg_advisory_lock", key);
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
            try {
                return work.get();
            } finally {
                unlock(connection, key);
            }
        } catch (SQLException e) {
            throw new PersistenceException("request " + key.id() + " has no turn", e);
        }
    }

    private static void lock(Connection connection, String function, Key key) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT " + function + "(hashtextextended('request ' || ? || ?, 8480))")) {
            statement.setString(1, key.id().toString());
            statement.setString(2, key.kind().name());
            statement.execute();
        }
    }

    /** A connection that kept its lock would keep the request from everybody. */
    private static void unlock(Connection connection, Key key) throws SQLException {
        try {
            lock(connection, "pg_advisory_unlock", key);
        } catch (SQLException e) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException again) {
                e.addSuppressed(again);
                throw e;
            }
        }
    }

    /** Notes who is about to carry out the next chunk; returns how many processes ended in it; empty if there is none. */
    Optional<Integer> begin(Key key, UUID process) {
        return database.inTransaction(() -> bind(database.column("""
            UPDATE request SET begun_by = :process,
                   death_count = death_count + CASE WHEN begun_by <> :process THEN 1 ELSE 0 END
             WHERE id = :id AND kind = :kind AND finished_at IS NULL
            RETURNING death_count
            """, "death_count", Integer.class), key)
                .setParameter("process", process)
                .getResultList()
                .stream()
                .findFirst());
    }

    /** Takes that note back: the process lives, and what it tried was undone. */
    void letGo(Key key, UUID process) {
        database.useTransaction(() -> bind(
                        database.session()
                                .createNativeMutationQuery("UPDATE request SET begun_by = NULL"
                                        + " WHERE id = :id AND kind = :kind AND begun_by = :process"),
                        key)
                .setParameter("process", process)
                .executeUpdate());
    }

    /** Locks a request that is not carried out, and reads of its installations the next {@code size} at most. */
    Optional<Chunk> next(Key key, int size) {
        return bind(database.rows("""
            SELECT source, taken_count + :size >= cardinality(targets) AS last,
                   CASE WHEN taken_count < cardinality(targets)
                        THEN CAST(body || jsonb_build_object('installations', to_jsonb(ARRAY(
                            SELECT target FROM unnest(targets) WITH ORDINALITY AS t (target, n)
                             WHERE n > taken_count AND n <= taken_count + :size
                             ORDER BY n))) AS text)
                   END AS part
              FROM request WHERE id = :id AND kind = :kind AND finished_at IS NULL FOR UPDATE
            """), key).setParameter("size", size).getResultList().stream()
                .map(row -> new Chunk(
                        key, (String) row[0], Columns.parseOrNull((String) row[2], UpgradeRequested.class), (boolean)
                                row[1]))
                .findFirst();
    }

    /** Keeps what became of a chunk, whose request the caller holds locked. */
    void answer(Chunk chunk, AcceptedSagas answer) {
        add(chunk.key(), answer);
        bind(database.session().createNativeMutationQuery("""
            UPDATE request SET taken_count = taken_count + :size, begun_by = NULL, death_count = 0,
                   finished_at = CASE WHEN :last THEN now() END
             WHERE id = :id AND kind = :kind
            """), chunk.key())
                .setParameter(
                        "size",
                        chunk.part() == null ? 0 : chunk.part().installations().size())
                .setParameter("last", chunk.last())
                .executeUpdate();
    }

    private void add(Key key, AcceptedSagas answer) {
        List<String> installations = new ArrayList<>();
        List<@Nullable UUID> upgrades = new ArrayList<>();
        List<@Nullable String> reasons = new ArrayList<>();
        for (Accepted accepted : answer.accepted()) {
            installations.add(accepted.installation());
            upgrades.add(accepted.upgradeId());
            reasons.add(null);
        }
        for (Refusal refusal : answer.refused()) {
            installations.add(refusal.installation());
            upgrades.add(null);
            reasons.add(refusal.reason());
        }
        bind(database.session().createNativeMutationQuery("""
            INSERT INTO request_answer (request_id, kind, position, installation, upgrade_id, reason)
            SELECT :id, :kind, position + (SELECT coalesce(max(earlier.position), 0)
                       FROM request_answer earlier WHERE request_id = :id AND kind = :kind),
                   installation, upgrade_id, reason
              FROM unnest(:installations, :upgrades, :reasons) WITH ORDINALITY
                   AS answer (installation, upgrade_id, reason, position)
            """), key)
                .setParameter("installations", installations.toArray(String[]::new))
                .setParameter("upgrades", upgrades.toArray(UUID[]::new))
                .setParameter("reasons", reasons.toArray(String[]::new))
                .executeUpdate();
    }

    /** Ends a request: what is left of it is refused for this reason. Returns how many installations that are. */
    int abandon(Key key, String reason) {
        List<Refusal> left = bind(database.column("""
            WITH abandoned AS (
                UPDATE request SET finished_at = now() WHERE id = :id AND kind = :kind AND finished_at IS NULL
                RETURNING targets, taken_count)
            SELECT coalesce(known.name, target) AS target FROM abandoned, unnest(targets) WITH ORDINALITY AS t (target, n)
              LEFT JOIN installation known ON CAST(known.id AS text) = target
             WHERE n > taken_count ORDER BY n
            """, "target", String.class), key).getResultList().stream()
                .map(target -> new Refusal(OneLine.of(target), reason))
                .toList();
        add(key, new AcceptedSagas(List.of(), left));
        return left.size();
    }

    /** How many installations were refused so far. */
    int refusals(Key key) {
        return bind(
                        database.column(
                                "SELECT CAST(count(reason) AS integer) AS count FROM request_answer"
                                        + " WHERE request_id = :id AND kind = :kind",
                                "count",
                                Integer.class),
                        key)
                .getSingleResult();
    }

    /** What became of each installation so far. */
    AcceptedSagas answers(Key key) {
        List<Accepted> accepted = new ArrayList<>();
        List<Refusal> refused = new ArrayList<>();
        bind(
                        database.rows("SELECT installation, upgrade_id, reason FROM request_answer"
                                + " WHERE request_id = :id AND kind = :kind ORDER BY position"),
                        key)
                .getResultList()
                .forEach(row -> {
                    UUID upgrade = (UUID) row[1];
                    if (upgrade == null) {
                        refused.add(new Refusal((String) row[0], (String) row[2]));
                    } else {
                        accepted.add(new Accepted((String) row[0], upgrade));
                    }
                });
        return new AcceptedSagas(accepted, refused);
    }

    @SuppressWarnings("unchecked") // A query returns itself.
    private static <Q extends CommonQueryContract> Q bind(Q query, Key key) {
        return (Q) query.setParameter("id", key.id())
                .setParameter("kind", key.kind().name());
    }
}
