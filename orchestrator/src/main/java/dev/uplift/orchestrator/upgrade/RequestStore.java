package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.AcceptedSagas.Accepted;
import dev.uplift.contract.api.AcceptedSagas.Refusal;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.sql.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** The tables of requests and of their answers. */
final class RequestStore {
    private static final String ALL = "*";
    // PostgreSQL writes equal JSON in one way.
    private static final String DIGEST =
            "encode(sha256(convert_to((:body::jsonb - 'requestId')::text, 'UTF8')), 'hex')";

    private RequestStore() {}

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
    static boolean insert(Handle handle, Key key, @Nullable String source, UpgradeRequested request) {
        String asked = Columns.json(request);
        boolean all = request.installations().equals(List.of(ALL));
        int added = bind(handle.createUpdate("""
            INSERT INTO request (id, kind, at, source, body, targets, digest)
            VALUES (:id, :kind, now(), :source, :body::jsonb - 'installations',
                    CASE WHEN :all THEN ARRAY(
                        SELECT id::text FROM installation
                         WHERE spec IS NOT NULL AND (:profile::text IS NULL OR profile = :profile)
                         ORDER BY id)
                    ELSE :targets END,
            """ + DIGEST + ") ON CONFLICT DO NOTHING"), key)
                .bind("source", source)
                .bind("body", asked)
                .bind("all", all)
                .bind("profile", request.profile())
                .bindArray(
                        "targets",
                        String.class,
                        all
                                ? List.of()
                                : request.installations().stream().distinct().toList())
                .execute();
        return added == 1 || isCopy(handle, key, asked);
    }

    private static boolean isCopy(Handle handle, Key key, String asked) {
        return bind(
                        handle.createQuery("SELECT digest IS NULL OR digest = " + DIGEST
                                + " FROM request WHERE id = :id AND kind = :kind"),
                        key)
                .bind("body", asked)
                .mapTo(Boolean.class)
                .one();
    }

    /** The request that was accepted first of those that are not carried out. */
    static Optional<Key> oldestOpen(Handle handle) {
        return handle.createQuery("SELECT id, kind FROM request WHERE finished_at IS NULL ORDER BY seq LIMIT 1")
                .map((row, context) ->
                        new Key(Columns.uuid(row, "id"), UpgradeStatus.Kind.valueOf(row.getString("kind"))))
                .findOne();
    }

    /**
     * Runs {@code work} while nobody else, on another connection, does so for the same request: it waits for its turn, at
     * most 10 s. A process that has lost its power keeps its turn until the database notices, which may take hours.
     *
     * @param handle outside of a transaction
     * @throws JdbiException with SQLSTATE 55P03 if its turn does not come
     */
    static <T> T alone(Handle handle, Key key, Supplier<T> work) {
        // What is set for the transaction ends with it; the lock is the session's, and stays.
        handle.useTransaction(_ -> {
            handle.execute("SET LOCAL lock_timeout = '10s'");
            lock(handle, "pg_advisory_lock", key);
        });
        try {
            return work.get();
        } finally {
            try {
                lock(handle, "pg_advisory_unlock", key);
            } catch (JdbiException e) {
                abort(handle, e);
            }
        }
    }

    private static void lock(Handle handle, String function, Key key) {
        bind(
                        handle.createQuery(
                                "SELECT " + function + "(hashtextextended('request ' || :id || :kind, 8480))::text"),
                        key)
                .mapTo(String.class)
                .one();
    }

    /** A connection that kept its lock would keep the request from everybody. */
    private static void abort(Handle handle, JdbiException cause) {
        try {
            handle.getConnection().abort(Runnable::run);
        } catch (SQLException e) {
            cause.addSuppressed(e);
            throw cause;
        }
    }

    /** Notes who is about to carry out the next chunk; returns how many processes ended in it; empty if there is none. */
    static Optional<Integer> begin(Handle handle, Key key, UUID process) {
        return bind(handle.createQuery("""
            UPDATE request SET begun_by = :process,
                   death_count = death_count + CASE WHEN begun_by <> :process THEN 1 ELSE 0 END
             WHERE id = :id AND kind = :kind AND finished_at IS NULL
            RETURNING death_count
            """), key)
                .bind("process", process)
                .mapTo(Integer.class)
                .findOne();
    }

    /** Takes that note back: the process lives, and what it tried was undone. */
    static void letGo(Handle handle, Key key, UUID process) {
        bind(
                        handle.createUpdate("UPDATE request SET begun_by = NULL"
                                + " WHERE id = :id AND kind = :kind AND begun_by = :process"),
                        key)
                .bind("process", process)
                .execute();
    }

    /** Locks a request that is not carried out, and reads of its installations the next {@code size} at most. */
    static Optional<Chunk> next(Handle handle, Key key, int size) {
        return bind(handle.createQuery("""
            SELECT source, taken_count + :size >= cardinality(targets) AS last,
                   CASE WHEN taken_count < cardinality(targets)
                        THEN (body || jsonb_build_object('installations', to_jsonb(ARRAY(
                            SELECT target FROM unnest(targets) WITH ORDINALITY AS t (target, n)
                             WHERE n > taken_count AND n <= taken_count + :size
                             ORDER BY n))))::text
                   END AS part
              FROM request WHERE id = :id AND kind = :kind AND finished_at IS NULL FOR UPDATE
            """), key)
                .bind("size", size)
                .map((row, context) -> chunk(row, key))
                .findOne();
    }

    private static Chunk chunk(ResultSet row, Key key) throws SQLException {
        return new Chunk(
                key,
                row.getString("source"),
                Columns.jsonOrNull(row, "part", UpgradeRequested.class),
                row.getBoolean("last"));
    }

    /** Keeps what became of a chunk, whose request the caller holds locked. */
    static void answer(Handle handle, Chunk chunk, AcceptedSagas answer) {
        add(handle, chunk.key(), answer);
        bind(handle.createUpdate("""
            UPDATE request SET taken_count = taken_count + :size, begun_by = NULL, death_count = 0,
                   finished_at = CASE WHEN :last THEN now() END
             WHERE id = :id AND kind = :kind
            """), chunk.key())
                .bind(
                        "size",
                        chunk.part() == null ? 0 : chunk.part().installations().size())
                .bind("last", chunk.last())
                .execute();
    }

    private static void add(Handle handle, Key key, AcceptedSagas answer) {
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
        bind(handle.createUpdate("""
            INSERT INTO request_answer (request_id, kind, position, installation, upgrade_id, reason)
            SELECT :id, :kind, position + (SELECT coalesce(max(earlier.position), 0)
                       FROM request_answer earlier WHERE request_id = :id AND kind = :kind),
                   installation, upgrade_id, reason
              FROM unnest(:installations, :upgrades, :reasons) WITH ORDINALITY
                   AS answer (installation, upgrade_id, reason, position)
            """), key)
                .bindArray("installations", String.class, installations)
                .bindArray("upgrades", UUID.class, upgrades)
                .bindArray("reasons", String.class, reasons)
                .execute();
    }

    /** Ends a request: what is left of it is refused for this reason. Returns how many installations that are. */
    static int abandon(Handle handle, Key key, String reason) {
        List<Refusal> left = bind(handle.createQuery("""
            WITH abandoned AS (
                UPDATE request SET finished_at = now() WHERE id = :id AND kind = :kind AND finished_at IS NULL
                RETURNING targets, taken_count)
            SELECT coalesce(known.name, target) FROM abandoned, unnest(targets) WITH ORDINALITY AS t (target, n)
              LEFT JOIN installation known ON known.id::text = target
             WHERE n > taken_count ORDER BY n
            """), key)
                .mapTo(String.class)
                .map(target -> new Refusal(OneLine.of(target), reason))
                .list();
        add(handle, key, new AcceptedSagas(List.of(), left));
        return left.size();
    }

    /** How many installations were refused so far. */
    static int refusals(Handle handle, Key key) {
        return bind(
                        handle.createQuery(
                                "SELECT count(reason) FROM request_answer WHERE request_id = :id AND kind = :kind"),
                        key)
                .mapTo(Integer.class)
                .one();
    }

    /** What became of each installation so far. */
    static AcceptedSagas answers(Handle handle, Key key) {
        List<Accepted> accepted = new ArrayList<>();
        List<Refusal> refused = new ArrayList<>();
        bind(
                        handle.createQuery("SELECT installation, upgrade_id, reason FROM request_answer"
                                + " WHERE request_id = :id AND kind = :kind ORDER BY position"),
                        key)
                .map((row, context) -> {
                    UUID upgrade = Columns.uuidOrNull(row, "upgrade_id");
                    String installation = row.getString("installation");
                    return upgrade == null
                            ? refused.add(new Refusal(installation, row.getString("reason")))
                            : accepted.add(new Accepted(installation, upgrade));
                })
                .list();
        return new AcceptedSagas(accepted, refused);
    }

    private static <S extends SqlStatement<S>> S bind(S statement, Key key) {
        return statement.bind("id", key.id()).bind("kind", key.kind().name());
    }
}
