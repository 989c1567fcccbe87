package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.MessageType;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.saga.Deadline;
import dev.uplift.orchestrator.saga.SagaState;
import dev.uplift.orchestrator.saga.Timer;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.watermark.Watermark;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jspecify.annotations.Nullable;

/** The tables of sagas and of their transitions. Every write takes any number of rows in one statement. */
final class SagaStore {
    static final Map<String, String> SORTS = Map.of(
            "startedAt", "started_at", "updatedAt", "updated_at", "installation", "installation", "state", "phase");

    private static final String COLUMNS =
            "id, installation_id, installation, state::text, context::text, outage, rev, started_at, updated_at, ended_at";

    private SagaStore() {}

    /** A saga and the deadline that it shall have from now on; absent: none. */
    record Saved(SagaRow row, @Nullable Deadline deadline) {}

    /** A saga that is live. */
    record Live(UUID id, UUID installationId, String installation, String databaseIdentity) {}

    /** Locks those that exist of {@code ids} until the transaction ends. */
    static Map<UUID, SagaRow> lock(Handle handle, Collection<UUID> ids) {
        Map<UUID, SagaRow> rows = new LinkedHashMap<>();
        handle.createQuery("SELECT " + COLUMNS + " FROM saga WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
                .bindArray("ids", UUID.class, Set.copyOf(ids))
                .map((row, context) -> read(row))
                .forEach(saga -> rows.put(saga.id(), saga));
        return rows;
    }

    /**
     * Locks sagas whose deadline is over, at most {@code limit}, and none that somebody else holds. A worker's
     * silence is over only past the watermark.
     *
     * @param silenceMax how long a worker must have been silent while it could be heard
     */
    static Map<UUID, SagaRow> due(Handle handle, Duration silenceMax, int limit) {
        Map<UUID, SagaRow> rows = new LinkedHashMap<>();
        handle.createQuery("SELECT " + COLUMNS + " FROM saga WHERE deadline_at <= now()"
                        + " AND (deadline_for <> :silence OR " + Watermark.isPast("deadline_at", "silence_millis") + ")"
                        + " ORDER BY deadline_at LIMIT :limit FOR UPDATE SKIP LOCKED")
                .bind("silence", Timer.Kind.SILENCE.name())
                .bind("silence_millis", silenceMax.toMillis())
                .bind("limit", limit)
                .map((row, context) -> read(row))
                .forEach(saga -> rows.put(saga.id(), saga));
        return rows;
    }

    /**
     * Makes this transaction the one that lets outages of the site begin; false: another one does at this moment. Nobody
     * waits for this lock, so it has no place in the order of the others.
     */
    static boolean mayBeginOutages(Handle handle, String site) {
        return handle.createQuery("SELECT pg_try_advisory_xact_lock(hashtextextended('outages ' || :site, 0))")
                .bind("site", site)
                .mapTo(Boolean.class)
                .one();
    }

    /** How many sagas of the site have this, but for {@code without}. */
    static long count(Handle handle, String site, Outage outage, Collection<UUID> without) {
        return handle.createQuery("SELECT count(*) FROM saga"
                        + " WHERE site = :site AND outage = :outage AND NOT id = ANY(:without)")
                .bind("site", site)
                .bind("outage", outage.name())
                .bindArray("without", UUID.class, Set.copyOf(without))
                .mapTo(Long.class)
                .one();
    }

    /** The sites where somebody waits for an outage. */
    static List<String> sitesThatWait(Handle handle) {
        return handle.createQuery("SELECT DISTINCT site FROM saga WHERE outage = 'WAITING' ORDER BY site")
                .mapTo(String.class)
                .list();
    }

    /** Locks sagas that wait for an outage, those that began first first, at most {@code limit}, and none that somebody holds. */
    static Map<UUID, SagaRow> waiting(Handle handle, String site, long limit) {
        Map<UUID, SagaRow> rows = new LinkedHashMap<>();
        handle.createQuery("SELECT " + COLUMNS + " FROM saga WHERE site = :site AND outage = 'WAITING'"
                        + " ORDER BY started_at, id LIMIT :limit FOR UPDATE SKIP LOCKED")
                .bind("site", site)
                .bind("limit", limit)
                .map((row, context) -> read(row))
                .forEach(saga -> rows.put(saga.id(), saga));
        return rows;
    }

    static Optional<SagaRow> find(Handle handle, UUID id) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM saga WHERE id = :id")
                .bind("id", id)
                .map((row, context) -> read(row))
                .findOne();
    }

    /** Those of {@code ids} that there are. */
    static List<UUID> existing(Handle handle, Collection<UUID> ids) {
        return handle.createQuery("SELECT id FROM saga WHERE id = ANY(:ids)")
                .bindArray("ids", UUID.class, ids)
                .mapTo(UUID.class)
                .list();
    }

    /** The live sagas on these databases. */
    static List<Live> live(Handle handle, Collection<String> databaseIdentities) {
        return handle.createQuery("SELECT id, installation_id, installation, database_identity FROM saga"
                        + " WHERE live AND database_identity = ANY(:identities)")
                .bindArray("identities", String.class, Set.copyOf(databaseIdentities))
                .map((row, context) -> new Live(
                        Columns.uuid(row, "id"),
                        Columns.uuid(row, "installation_id"),
                        row.getString("installation"),
                        row.getString("database_identity")))
                .list();
    }

    static Page<UpgradeStatus> page(Handle handle, UpgradeList asked) {
        Paging paging = asked.paging();
        String where = " FROM saga WHERE lower(installation) LIKE :q"
                + " AND kind = ANY(:kinds) AND (:phase::text IS NULL OR phase = :phase)"
                + " AND (:installation::text IS NULL OR installation = :installation"
                + " OR installation_id::text = :installation)";
        long total = bind(handle.createQuery("SELECT count(*)" + where), asked)
                .mapTo(Long.class)
                .one();
        List<UpgradeStatus> content = bind(handle.createQuery(paging.select(COLUMNS, "saga", where)), asked)
                .bind("limit", paging.limit())
                .bind("offset", paging.offset())
                .map((row, context) -> read(row).status())
                .list();
        return new Page<>(content, total, paging.offset(), paging.limit());
    }

    static void insert(Handle handle, Collection<Saved> sagas) {
        if (sagas.isEmpty()) {
            return;
        }
        bind(handle.createUpdate("""
                                INSERT INTO saga (id, installation_id, installation, kind, phase, live, rev, epoch,
                                                  state, context, database_identity, database_id, source_backup_id,
                                                  deadline_at, deadline_for, started_at, updated_at, ended_at, site,
                                                  outage)
                                SELECT u.id, u.installation_id, u.installation, u.kind, u.phase, u.live, u.rev,
                                       u.epoch, u.state::jsonb, u.context::jsonb, u.identity,
                                       (SELECT i.database_id || CASE WHEN i.database_apart <> '{}' THEN ' ' || i.id ELSE '' END
                                          FROM installation i WHERE i.id = u.installation_id),
                                       u.source,
                                       now() + u.deadline_millis * interval '1 millisecond', u.deadline_for,
                                       u.started_at::timestamptz, u.updated_at::timestamptz, u.ended_at::timestamptz,
                                       u.site, u.outage
                                  FROM unnest(:ids, :installation_ids, :installations, :kinds, :phases, :lives, :revs,
                                              :epochs, :states, :contexts, :identities, :sources, :deadline_millis,
                                              :deadline_fors, :started_ats, :updated_ats, :ended_ats, :sites, :outages)
                                       AS u(id, installation_id, installation, kind, phase, live, rev, epoch, state,
                                            context, identity, source, deadline_millis, deadline_for, started_at,
                                            updated_at, ended_at, site, outage)
                                """), sagas)
                .bindArray("installation_ids", UUID.class, column(sagas, SagaRow::installationId))
                .bindArray("installations", String.class, column(sagas, SagaRow::installation))
                .bindArray(
                        "kinds", String.class, column(sagas, row -> row.kind().name()))
                .bindArray(
                        "identities",
                        String.class,
                        column(sagas, row -> row.context().installation().databaseIdentity()))
                .bindArray("sources", UUID.class, column(sagas, SagaStore::source))
                .bindArray(
                        "started_ats",
                        String.class,
                        column(sagas, row -> row.startedAt().toString()))
                .execute();
    }

    /** Writes the rows, which the caller holds locked. */
    static void update(Handle handle, Collection<Saved> sagas) {
        if (sagas.isEmpty()) {
            return;
        }
        bind(handle.createUpdate("""
                                UPDATE saga s SET phase = u.phase, live = u.live, rev = u.rev, epoch = u.epoch,
                                       state = u.state::jsonb, context = u.context::jsonb,
                                       deadline_at = now() + u.deadline_millis * interval '1 millisecond',
                                       deadline_for = u.deadline_for, updated_at = u.updated_at::timestamptz,
                                       ended_at = u.ended_at::timestamptz, site = u.site, outage = u.outage,
                                       change_seq = next_change()
                                  FROM unnest(:ids, :phases, :lives, :revs, :epochs, :states, :contexts,
                                              :deadline_millis, :deadline_fors, :updated_ats, :ended_ats,
                                              :sites, :outages)
                                       AS u(id, phase, live, rev, epoch, state, context, deadline_millis,
                                            deadline_for, updated_at, ended_at, site, outage)
                                 WHERE s.id = u.id
                                """), sagas).execute();
    }

    static void log(Handle handle, List<UpgradeTransitioned> transitions) {
        if (transitions.isEmpty()) {
            return;
        }
        handle.createUpdate("""
                        INSERT INTO transition_log (saga_id, rev, body, at)
                        SELECT u.saga_id, u.rev, u.body::jsonb, u.at::timestamptz
                          FROM unnest(:sagas, :revs, :bodies, :ats) WITH ORDINALITY
                               AS u(saga_id, rev, body, at, position)
                         ORDER BY u.position
                        """)
                .bindArray("sagas", UUID.class, column(transitions, UpgradeTransitioned::upgradeId))
                .bindArray("revs", Long.class, column(transitions, UpgradeTransitioned::rev))
                .bindArray("bodies", String.class, column(transitions, Columns::json))
                .bindArray(
                        "ats",
                        String.class,
                        column(transitions, transition -> transition.at().toString()))
                .execute();
    }

    /** Deletes transitions that were logged, and requests that were answered, before {@code oldest}. */
    static void prune(Handle handle, Instant oldest) {
        for (String old : List.of("transition_log WHERE at", "request WHERE finished_at")) {
            handle.createUpdate("DELETE FROM " + old + " < :oldest::timestamptz")
                    .bind("oldest", oldest.toString())
                    .execute();
        }
    }

    /** Deletes dry runs that ended before {@code oldest}, at most {@code limit}; returns their ids. */
    static List<UUID> deletePlans(Handle handle, Instant oldest, int limit) {
        return handle.createQuery("DELETE FROM saga WHERE id IN (SELECT id FROM saga WHERE kind = 'PLAN'"
                        + " AND ended_at < :oldest::timestamptz LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id")
                .bind("oldest", oldest.toString())
                .bind("limit", limit)
                .mapTo(UUID.class)
                .list();
    }

    static List<Change> transitions(Handle handle, long after, long upTo, int limit) {
        return handle.createQuery("SELECT seq, body::text FROM transition_log"
                        + " WHERE seq > :after AND seq <= :up_to ORDER BY seq LIMIT :limit")
                .bind("after", after)
                .bind("up_to", upTo)
                .bind("limit", limit)
                .map((row, context) -> new Change(
                        row.getLong("seq"),
                        MessageType.UPGRADE_TRANSITIONED,
                        Columns.json(row, "body", UpgradeTransitioned.class)))
                .list();
    }

    static List<Change> changed(Handle handle, long after, long upTo, int limit) {
        return handle.createQuery("SELECT change_seq, " + COLUMNS + " FROM saga"
                        + " WHERE change_seq > :after AND change_seq <= :up_to ORDER BY change_seq LIMIT :limit")
                .bind("after", after)
                .bind("up_to", upTo)
                .bind("limit", limit)
                .map((row, context) -> new Change(
                        row.getLong("change_seq"),
                        MessageType.UPGRADE_STATUS,
                        read(row).status()))
                .list();
    }

    private static <S extends SqlStatement<S>> S bind(S statement, Collection<Saved> sagas) {
        return statement
                .bindArray("ids", UUID.class, column(sagas, SagaRow::id))
                .bindArray(
                        "phases",
                        String.class,
                        column(sagas, row -> row.state().status().name()))
                .bindArray("lives", Boolean.class, column(sagas, SagaRow::live))
                .bindArray("revs", Long.class, column(sagas, SagaRow::rev))
                .bindArray(
                        "epochs",
                        Long.class,
                        column(sagas, row -> row.state().course().epoch()))
                .bindArray("states", String.class, column(sagas, row -> Columns.json(row.state())))
                .bindArray("contexts", String.class, column(sagas, row -> Columns.json(row.context())))
                .bindArray(
                        "deadline_millis",
                        Long.class,
                        sagas.stream()
                                .map(saga -> saga.deadline() == null
                                        ? null
                                        : saga.deadline().after().toMillis())
                                .toArray())
                .bindArray(
                        "deadline_fors",
                        String.class,
                        sagas.stream()
                                .map(saga -> saga.deadline() == null
                                        ? null
                                        : saga.deadline().timer().kind().name())
                                .toArray())
                .bindArray(
                        "updated_ats",
                        String.class,
                        column(sagas, row -> row.updatedAt().toString()))
                .bindArray("sites", String.class, column(sagas, SagaRow::site))
                .bindArray(
                        "outages",
                        String.class,
                        column(
                                sagas,
                                row -> row.outage() == Outage.NONE
                                        ? null
                                        : row.outage().name()))
                .bindArray(
                        "ended_ats",
                        String.class,
                        column(
                                sagas,
                                row -> row.endedAt() == null
                                        ? null
                                        : row.endedAt().toString()));
    }

    private static <S extends SqlStatement<S>> S bind(S statement, UpgradeList asked) {
        return statement
                .bind("q", asked.paging().pattern())
                .bindArray(
                        "kinds",
                        String.class,
                        asked.kinds().stream().map(Enum::name).toArray())
                .bind("phase", asked.state() == null ? null : asked.state().name())
                .bind("installation", asked.installation());
    }

    private static SagaRow read(ResultSet row) throws SQLException {
        return new SagaRow(
                Columns.uuid(row, "id"),
                Columns.uuid(row, "installation_id"),
                row.getString("installation"),
                Columns.json(row, "state", SagaState.class),
                Columns.json(row, "context", SagaContext.class),
                row.getString("outage") == null ? Outage.NONE : Outage.valueOf(row.getString("outage")),
                row.getLong("rev"),
                Columns.instant(row, "started_at"),
                Columns.instant(row, "updated_at"),
                Columns.instantOrNull(row, "ended_at"));
    }

    private static @Nullable UUID source(SagaRow row) {
        return row.context().source() == null ? null : row.context().source().id();
    }

    private static @Nullable Object[] column(Collection<Saved> sagas, Function<SagaRow, @Nullable Object> value) {
        return sagas.stream().map(saga -> value.apply(saga.row())).toArray();
    }

    private static @Nullable Object[] column(
            List<UpgradeTransitioned> rows, Function<UpgradeTransitioned, @Nullable Object> value) {
        return rows.stream().map(value).toArray();
    }
}
