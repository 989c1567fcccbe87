/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.MessageType;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.saga.Deadline;
import dev.uplift.orchestrator.saga.Timer;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.watermark.Watermark;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.hibernate.query.MutationQuery;
import org.hibernate.query.SelectionQuery;
import org.jspecify.annotations.Nullable;

/**
 * The tables of sagas and of their transitions. Every write takes any number of rows in one statement, and so does every
 * lock by ids: Hibernate would make one for each row.
 */
@Singleton
public class SagaStore implements PanacheRepositoryBase<SagaEntity, UUID> {
    static final Map<String, String> SORTS = Map.of(
            "startedAt", "startedAt", "updatedAt", "updatedAt", "installation", "installation", "state", "phase");

    private static final String COLUMNS =
            "id, installation_id, installation, kind, phase, live, rev, ordered, state, context,"
                    + " database_identity, outage, site, started_at, updated_at, ended_at";

    private final Database database;
    private final SagaCache cache;

    SagaStore(Database database, SagaCache cache) {
        this.database = database;
        this.cache = cache;
    }

    /** A saga and the deadline that it shall have from now on; absent: none. */
    record Saved(SagaRow row, @Nullable Deadline deadline) {}

    /** A saga that is live. */
    record Live(UUID id, UUID installationId, String installation, String databaseIdentity) {}

    /** Sagas by their sites. */
    record OutageCounts(Map<String, Long> waiting, Map<String, Long> taken) {
        long waiting(String site) {
            return waiting.getOrDefault(site, 0L);
        }

        long taken(String site) {
            return taken.getOrDefault(site, 0L);
        }
    }

    /** Locks those that exist of {@code ids} until the transaction ends. */
    Map<UUID, SagaRow> lock(Collection<UUID> ids) {
        return rows(database.rows("SELECT id, rev FROM saga WHERE id = ANY (:ids) ORDER BY id FOR UPDATE")
                .setParameter("ids", ids.toArray(UUID[]::new)));
    }

    /**
     * Locks sagas whose deadline is over, at most {@code limit}, and none that somebody else holds. A worker's
     * silence is over only past the watermark.
     *
     * @param silenceMax how long a worker must have been silent while it could be heard
     */
    Map<UUID, SagaRow> due(Duration silenceMax, int limit) {
        // Of the ticks, too: what was read of one before its saga could be locked may be of an earlier step.
        return rows(database.rows("SELECT s.id, s.rev FROM saga_tick t JOIN saga s ON s.id = t.saga_id"
                        + " WHERE t.deadline_at <= now() AND (t.deadline_for <> :silence OR "
                        + Watermark.isPast("t.deadline_at", "silence_millis") + ")"
                        + " ORDER BY t.deadline_at LIMIT :limit FOR UPDATE SKIP LOCKED")
                .setParameter("silence", Timer.Kind.SILENCE.name())
                .setParameter("silence_millis", silenceMax.toMillis())
                .setParameter("limit", limit));
    }

    /**
     * Makes this transaction the one that lets outages of these sites begin; returns those of which no other one does so at
     * this moment. Nobody waits for these locks, so they have no place in the order of the others.
     */
    Set<String> mayBeginOutages(Collection<String> sites) {
        return Set.copyOf(database.column(
                        "SELECT site FROM unnest(:sites) site"
                                + " WHERE pg_try_advisory_xact_lock(hashtextextended('outages ' || site, 0))",
                        "site",
                        String.class)
                .setParameter("sites", sites.toArray(String[]::new))
                .getResultList());
    }

    /** How many sagas of these sites have an outage, or wait for one, but for {@code without}. */
    OutageCounts count(Collection<String> sites, Collection<UUID> without) {
        Map<String, Long> waiting = new HashMap<>();
        Map<String, Long> taken = new HashMap<>();
        database.rows(
                        "SELECT site, count(*) FILTER (WHERE outage = 'WAITING'), count(*) FILTER (WHERE outage = 'TAKEN')"
                                + " FROM saga WHERE site = ANY (:sites) AND outage IN ('WAITING', 'TAKEN')"
                                + " AND NOT id = ANY (:without) GROUP BY site")
                .setParameter("sites", sites.toArray(String[]::new))
                .setParameter("without", without.toArray(UUID[]::new))
                .getResultList()
                .forEach(row -> {
                    waiting.put((String) row[0], (long) row[1]);
                    taken.put((String) row[0], (long) row[2]);
                });
        return new OutageCounts(waiting, taken);
    }

    /** The sites where somebody waits for an outage. */
    List<String> sitesThatWait() {
        return database.session()
                .createSelectionQuery(
                        "select distinct site from SagaEntity where outage = WAITING order by site", String.class)
                .getResultList();
    }

    /** Locks sagas that wait for an outage, those that began first first, at most {@code limit}, and none that somebody holds. */
    Map<UUID, SagaRow> waiting(String site, long limit) {
        return rows(database.rows("SELECT id, rev FROM saga WHERE site = :site AND outage = 'WAITING'"
                        + " ORDER BY started_at, id LIMIT :limit FOR UPDATE SKIP LOCKED")
                .setParameter("site", site)
                .setParameter("limit", limit));
    }

    Optional<SagaRow> find(UUID id) {
        return Optional.ofNullable(database.session().get(SagaEntity.class, id)).map(this::row);
    }

    /** Those of {@code ids} that there are. */
    List<UUID> existing(Collection<UUID> ids) {
        return database.column("SELECT id FROM saga WHERE id = ANY (:ids)", "id", UUID.class)
                .setParameter("ids", ids.toArray(UUID[]::new))
                .getResultList();
    }

    /** The live sagas on these databases. */
    List<Live> live(Collection<String> databaseIdentities) {
        return database.session()
                .createSelectionQuery("""
                        select id, installationId, installation, databaseIdentity from SagaEntity where live and databaseIdentity in :identities
                        """, Live.class)
                .setParameterList("identities", Set.copyOf(databaseIdentities))
                .getResultList();
    }

    Page<UpgradeStatus> page(UpgradeList asked) {
        Map<String, Object> parameters = new HashMap<>(Map.of("kinds", asked.kinds()));
        StringBuilder condition =
                new StringBuilder(asked.paging().contains("installation")).append(" and kind in :kinds");
        if (asked.state() != null) {
            condition.append(" and phase = :phase");
            parameters.put("phase", asked.state());
        }
        if (asked.installation() != null) {
            condition.append(" and (installation = :installation or cast(installationId as String) = :installation)");
            parameters.put("installation", asked.installation());
        }
        return asked.paging()
                .read(
                        this,
                        "SagaEntity",
                        condition.toString(),
                        parameters,
                        entity -> row(entity).status());
    }

    void insert(Collection<Saved> sagas) {
        if (sagas.isEmpty()) {
            return;
        }
        bind(database.session().createNativeMutationQuery("""
                                INSERT INTO saga (id, installation_id, installation, kind, phase, live, rev, epoch,
                                                  ordered, state, context, database_identity, database_id,
                                                  source_backup_id, started_at, updated_at, ended_at, site, outage)
                                SELECT u.id, u.installation_id, u.installation, u.kind, u.phase, u.live, u.rev,
                                       u.epoch, CAST(u.ordered AS json), CAST(u.state AS json),
                                       CAST(u.context AS json), u.identity,
                                       (SELECT i.database_id || CASE WHEN i.database_apart <> '{}' THEN ' ' || i.id ELSE '' END
                                          FROM installation i WHERE i.id = u.installation_id),
                                       u.source, u.started_at, u.updated_at, u.ended_at, u.site, u.outage
                                  FROM unnest(:ids, :installation_ids, :installations, :kinds, :phases, :lives, :revs,
                                              :epochs, :orders, :states, :contexts, :identities, :sources,
                                              :started_ats, :updated_ats, :ended_ats, :sites, :outages)
                                       AS u (id, installation_id, installation, kind, phase, live, rev, epoch, ordered,
                                             state, context, identity, source, started_at, updated_at, ended_at, site,
                                             outage)
                                """), sagas)
                .setParameter("installation_ids", ids(sagas, SagaRow::installationId))
                .setParameter("installations", texts(sagas, SagaRow::installation))
                .setParameter("kinds", texts(sagas, row -> row.kind().name()))
                .setParameter(
                        "identities",
                        texts(sagas, row -> row.order().installation().databaseIdentity()))
                .setParameter("orders", texts(sagas, row -> Columns.json(row.order())))
                .setParameter("sources", ids(sagas, SagaStore::source))
                .setParameter("started_ats", times(sagas, SagaRow::startedAt))
                .executeUpdate();
        tick(sagas, """
                INSERT INTO saga_tick (saga_id, deadline_at, deadline_for)
                SELECT u.id, now() + u.deadline_millis * interval '1 millisecond', u.deadline_for
                  FROM unnest(:ids, :deadline_millis, :deadline_fors) AS u (id, deadline_millis, deadline_for)
                """);
    }

    /** Writes the rows, which the caller holds locked. */
    void update(Collection<Saved> sagas) {
        if (sagas.isEmpty()) {
            return;
        }
        bind(database.session().createNativeMutationQuery("""
                                UPDATE saga s SET phase = u.phase, live = u.live, rev = u.rev, epoch = u.epoch,
                                       state = CAST(u.state AS json), context = CAST(u.context AS json),
                                       updated_at = u.updated_at, ended_at = u.ended_at, site = u.site,
                                       outage = u.outage
                                  FROM unnest(:ids, :phases, :lives, :revs, :epochs, :states, :contexts,
                                              :updated_ats, :ended_ats, :sites, :outages)
                                       AS u (id, phase, live, rev, epoch, state, context, updated_at, ended_at, site,
                                             outage)
                                 WHERE s.id = u.id
                                """), sagas).executeUpdate();
        tick(sagas, """
                UPDATE saga_tick t SET change_seq = next_change(), deadline_for = u.deadline_for,
                       deadline_at = now() + u.deadline_millis * interval '1 millisecond'
                  FROM unnest(:ids, :deadline_millis, :deadline_fors) AS u (id, deadline_millis, deadline_for)
                 WHERE t.saga_id = u.id
                """);
    }

    private void tick(Collection<Saved> sagas, String statement) {
        database.session()
                .createNativeMutationQuery(statement)
                .setParameter("ids", ids(sagas, SagaRow::id))
                .setParameter(
                        "deadline_millis",
                        sagas.stream()
                                .map(saga -> saga.deadline() == null
                                        ? null
                                        : saga.deadline().after().toMillis())
                                .toArray(Long[]::new))
                .setParameter(
                        "deadline_fors",
                        sagas.stream()
                                .map(saga -> saga.deadline() == null
                                        ? null
                                        : saga.deadline().timer().kind().name())
                                .toArray(String[]::new))
                .executeUpdate();
    }

    /** The JSON of the status of a saga that is being written, for whoever reads it next. */
    String status(SagaRow row) {
        String json = Columns.json(row.status());
        database.afterCommit(() -> cache.putStatus(row, json));
        return json;
    }

    /** @param bodies their JSON, in the same order */
    void log(List<UpgradeTransitioned> transitions, List<String> bodies) {
        if (transitions.isEmpty()) {
            return;
        }
        database.session()
                .createNativeMutationQuery("""
                        INSERT INTO transition_log (saga_id, rev, body, at)
                        SELECT u.saga_id, u.rev, CAST(u.body AS json), u.at
                          FROM unnest(:sagas, :revs, :bodies, :ats) WITH ORDINALITY
                               AS u (saga_id, rev, body, at, position)
                         ORDER BY u.position
                        """)
                .setParameter(
                        "sagas",
                        transitions.stream().map(UpgradeTransitioned::upgradeId).toArray(UUID[]::new))
                .setParameter(
                        "revs",
                        transitions.stream().map(UpgradeTransitioned::rev).toArray(Long[]::new))
                .setParameter("bodies", bodies.toArray(String[]::new))
                .setParameter(
                        "ats", transitions.stream().map(UpgradeTransitioned::at).toArray(Instant[]::new))
                .executeUpdate();
    }

    /** Deletes transitions that were logged before {@code oldest}, at most {@code max}; returns how many. */
    int pruneTransitions(Instant oldest, int max) {
        return prune(
                "DELETE FROM transition_log WHERE seq IN (SELECT seq FROM transition_log WHERE at < :oldest LIMIT :max)",
                oldest,
                max);
    }

    /** Deletes requests that were answered before {@code oldest}, with their answers, at most {@code max}; returns how many. */
    int pruneRequests(Instant oldest, int max) {
        return prune(
                "DELETE FROM request WHERE (id, kind) IN"
                        + " (SELECT id, kind FROM request WHERE finished_at < :oldest LIMIT :max)",
                oldest,
                max);
    }

    private int prune(String statement, Instant oldest, int max) {
        return database.session()
                .createNativeMutationQuery(statement)
                .setParameter("oldest", oldest)
                .setParameter("max", max)
                .executeUpdate();
    }

    /** Deletes dry runs that ended before {@code oldest}, at most {@code limit}; returns their ids. */
    List<UUID> deletePlans(Instant oldest, int limit) {
        return database.column("""
                        WITH old AS (
                            DELETE FROM saga WHERE id IN (
                                SELECT id FROM saga WHERE kind = 'PLAN' AND ended_at < :oldest
                                 LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id)
                        DELETE FROM saga_tick USING old WHERE saga_id = old.id RETURNING saga_id
                        """, "saga_id", UUID.class)
                .setParameter("oldest", oldest)
                .setParameter("limit", limit)
                .getResultList();
    }

    List<Change> transitions(long after, long upTo, int limit) {
        return database
                .rows("SELECT seq, CAST(body AS text) FROM transition_log"
                        + " WHERE seq > :after AND seq <= :up_to ORDER BY seq LIMIT :limit")
                .setParameter("after", after)
                .setParameter("up_to", upTo)
                .setParameter("limit", limit)
                .getResultList()
                .stream()
                .map(row -> new Change((long) row[0], MessageType.UPGRADE_TRANSITIONED, (String) row[1]))
                .toList();
    }

    List<Change> changed(long after, long upTo, int limit) {
        List<Object[]> found = database.rows(
                        "SELECT s.id, s.rev, t.change_seq FROM saga_tick t JOIN saga s ON s.id = t.saga_id"
                                + " WHERE t.change_seq > :after AND t.change_seq <= :up_to"
                                + " ORDER BY t.change_seq LIMIT :limit")
                .setParameter("after", after)
                .setParameter("up_to", upTo)
                .setParameter("limit", limit)
                .getResultList();
        Map<UUID, SagaRow> rows = rows(found);
        List<Change> changes = new ArrayList<>();
        for (Object[] each : found) {
            SagaRow row = rows.get((UUID) each[0]);
            // A dry run may have been forgotten between the two looks.
            if (row != null) {
                changes.add(new Change((long) each[2], MessageType.UPGRADE_STATUS, cache.status(row)));
            }
        }
        return changes;
    }

    private Map<UUID, SagaRow> rows(SelectionQuery<Object[]> versions) {
        return rows(versions.getResultList());
    }

    /**
     * The sagas of which {@code versions} has ids and revisions, in this order. Those that nobody has locked may be found in a
     * later one.
     */
    private Map<UUID, SagaRow> rows(List<Object[]> versions) {
        Map<UUID, SagaRow> rows = new LinkedHashMap<>();
        List<UUID> missing = new ArrayList<>();
        for (Object[] version : versions) {
            UUID id = (UUID) version[0];
            SagaRow known = cache.find(id, (long) version[1]);
            rows.put(id, known);
            if (known == null) {
                missing.add(id);
            }
        }
        if (!missing.isEmpty()) {
            List<SagaEntity> entities = database.entities(
                            "SELECT " + COLUMNS + " FROM saga WHERE id = ANY (:ids)", SagaEntity.class)
                    .setParameter("ids", missing.toArray(UUID[]::new))
                    .getResultList();
            for (SagaEntity entity : entities) {
                SagaRow row = entity.row();
                rows.put(row.id(), row);
                int characters = entity.characters();
                database.afterCommit(() -> cache.put(row, characters));
            }
            rows.values().removeIf(Objects::isNull);
        }
        return rows;
    }

    private SagaRow row(SagaEntity entity) {
        SagaRow known = cache.find(entity.id, entity.rev);
        return known == null ? entity.row() : known;
    }

    private MutationQuery bind(MutationQuery statement, Collection<Saved> sagas) {
        String[] states =
                sagas.stream().map(saga -> Columns.json(saga.row().state())).toArray(String[]::new);
        String[] contexts =
                sagas.stream().map(saga -> Columns.json(saga.row().context())).toArray(String[]::new);
        database.afterCommit(() -> {
            int i = 0;
            for (Saved saga : sagas) {
                cache.put(saga.row(), states[i].length() + contexts[i].length());
                i++;
            }
        });
        return statement
                .setParameter("ids", ids(sagas, SagaRow::id))
                .setParameter("phases", texts(sagas, row -> row.state().status().name()))
                .setParameter(
                        "lives", sagas.stream().map(saga -> saga.row().live()).toArray(Boolean[]::new))
                .setParameter(
                        "revs", sagas.stream().map(saga -> saga.row().rev()).toArray(Long[]::new))
                .setParameter(
                        "epochs",
                        sagas.stream()
                                .map(saga -> saga.row().state().course().epoch())
                                .toArray(Long[]::new))
                .setParameter("states", states)
                .setParameter("contexts", contexts)
                .setParameter("updated_ats", times(sagas, SagaRow::updatedAt))
                .setParameter("sites", texts(sagas, SagaRow::site))
                .setParameter(
                        "outages",
                        texts(
                                sagas,
                                row -> row.outage() == Outage.NONE
                                        ? null
                                        : row.outage().name()))
                .setParameter("ended_ats", times(sagas, SagaRow::endedAt));
    }

    private static @Nullable UUID source(SagaRow row) {
        return row.order().source() == null ? null : row.order().source().id();
    }

    private static @Nullable UUID[] ids(Collection<Saved> sagas, Function<SagaRow, @Nullable UUID> id) {
        return sagas.stream().map(saga -> id.apply(saga.row())).toArray(UUID[]::new);
    }

    private static @Nullable String[] texts(Collection<Saved> sagas, Function<SagaRow, @Nullable String> text) {
        return sagas.stream().map(saga -> text.apply(saga.row())).toArray(String[]::new);
    }

    private static @Nullable Instant[] times(Collection<Saved> sagas, Function<SagaRow, @Nullable Instant> time) {
        return sagas.stream().map(saga -> time.apply(saga.row())).toArray(Instant[]::new);
    }
}
