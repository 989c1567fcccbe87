/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationRemoved;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.sql.LockOrder;
import dev.uplift.orchestrator.watermark.Watermark;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.hibernate.LockMode;
import org.hibernate.query.SelectionQuery;
import org.jspecify.annotations.Nullable;

/**
 * The table of installations. Written by one statement for a batch, which Hibernate would make one for each row; native is, too, what looks into JSON
 * or counts by the database's clock.
 */
@Singleton
public class InstallationStore implements PanacheRepositoryBase<InstallationEntity, UUID> {
    static final Map<String, String> SORTS =
            Map.of("name", "name", "state", "state", "profile", "profile", "updatedAt", "updatedAt");

    private static final String COLUMNS = "id, name, state, rev, epoch, site, profile, spec, running, checks, problem,"
            + " left_out, database_identity, live_saga, updated_at, change_seq";
    private static final int SILENCES_MAX = 30;
    private static final String NOT_REFUSED = "state <> REFUSED";
    private static final String ON_HOST =
            "state <> 'REFUSED' AND spec->'hosts' @> jsonb_build_array(jsonb_build_object('name', CAST(:host AS text)))";

    private final Database database;
    private final LockOrder locks;

    InstallationStore(Database database, LockOrder locks) {
        this.database = database;
        this.locks = locks;
    }

    /** One whose host has not answered in time; {@code lives}: its site has given signs of life to the end. */
    record Overdue(Installation row, boolean lives) {}

    /** Adds a new one, of which nothing is asked yet. */
    void insert(Installation row) {
        var _ = database.session().insert(InstallationEntity.of(row));
    }

    /**
     * Remembers what the host of one is asked, which the caller holds locked. It must never be silent for longer than
     * {@code silenceMax}, and answer within {@value #SILENCES_MAX} times that, counted from the first question.
     *
     * @param identity that of its database, which is its own from now on; absent: it is not known yet
     */
    void expect(Inspection.Requested question, @Nullable String identity, Duration silenceMax) {
        database.session()
                .createNativeMutationQuery("""
                        UPDATE installation SET inspect_due_at = now() + :millis * interval '1 millisecond',
                               inspect_until = COALESCE(inspect_until, now() + :most_millis * interval '1 millisecond'),
                               inspection = CAST(:question AS jsonb),
                               database_identity = COALESCE(database_identity, CAST(:identity AS text)) WHERE id = :id
                        """)
                .setParameter("id", question.installationId())
                .setParameter("question", Columns.json(question))
                .setParameter("identity", identity, String.class)
                .setParameter("millis", silenceMax.toMillis())
                .setParameter("most_millis", answerMax(silenceMax).toMillis())
                .executeUpdate();
    }

    /** How long a registration may take in all, if its host is never silent for longer than {@code silenceMax}. */
    static Duration answerMax(Duration silenceMax) {
        return silenceMax.multipliedBy(SILENCES_MAX);
    }

    /** The hosts of these, which the caller holds locked, have given a sign of life. */
    void extend(Collection<UUID> ids, Duration silenceMax) {
        if (ids.isEmpty()) {
            return;
        }
        database.session()
                .createNativeMutationQuery("""
                        UPDATE installation
                           SET inspect_due_at = LEAST(now() + :millis * interval '1 millisecond', inspect_until)
                         WHERE id = ANY (:ids) AND inspect_due_at IS NOT NULL
                        """)
                .setParameter("ids", ids.toArray(UUID[]::new))
                .setParameter("millis", silenceMax.toMillis())
                .executeUpdate();
    }

    /** What the hosts of these were asked last; none for those that nobody asks any more. */
    Map<UUID, Inspection.Requested> questions(Collection<UUID> ids) {
        Map<UUID, Inspection.Requested> questions = new LinkedHashMap<>();
        database.rows("SELECT id, CAST(inspection AS text) FROM installation"
                        + " WHERE id = ANY (:ids) AND state = 'REGISTERING' AND inspection IS NOT NULL")
                .setParameter("ids", ids.toArray(UUID[]::new))
                .getResultList()
                .forEach(row ->
                        questions.put((UUID) row[0], Columns.parse((String) row[1], Inspection.Requested.class)));
        return questions;
    }

    /** Others at the site of one that sagas work on or are parked on. */
    List<UUID> workedOn(Installation besides) {
        return database.session()
                .createSelectionQuery(
                        "select id from InstallationEntity where liveSaga is not null and site = :site and id <> :id"
                                + " order by id",
                        UUID.class)
                .setParameter("site", besides.site())
                .setParameter("id", besides.id())
                .getResultList();
    }

    /** Whether there was once one of this id, or a registration that was refused. */
    boolean isGone(UUID id) {
        return database.column(
                        "SELECT EXISTS (SELECT FROM gone WHERE installation_id = :id)"
                                + " OR EXISTS (SELECT FROM installation WHERE id = :id AND state = 'REFUSED') AS gone",
                        "gone",
                        Boolean.class)
                .setParameter("id", id)
                .getSingleResult();
    }

    /** Locks those that exist of {@code ids} until the transaction ends. */
    public Map<UUID, Installation> lock(Collection<UUID> ids) {
        Map<UUID, Installation> locked = new LinkedHashMap<>();
        if (!ids.isEmpty()) {
            lock(database.entities(
                                    "SELECT " + COLUMNS
                                            + " FROM installation WHERE id = ANY (:ids) ORDER BY id FOR UPDATE",
                                    InstallationEntity.class)
                            .setParameter("ids", ids.toArray(UUID[]::new)))
                    .forEach(entity -> locked.put(entity.id, entity.row()));
        }
        return locked;
    }

    /** Those not refused that have one of these names, or one of these ids. */
    public List<Installation> named(Collection<String> namesOrIds) {
        return rows(select("where " + NOT_REFUSED + " and (name in :names or id in :ids) order by id")
                        .setParameterList("names", Set.copyOf(namesOrIds))
                        .setParameterList("ids", ids(namesOrIds)))
                .toList();
    }

    /** One by its id, or by its name; of several rows of one name the one that is not refused. */
    Optional<Installation> find(String nameOrId) {
        return rows(select("where name = :name or id in :ids" + " order by case when " + NOT_REFUSED
                                + " then 0 else 1 end, updatedAt desc")
                        .setParameter("name", nameOrId)
                        .setParameterList("ids", ids(Set.of(nameOrId)))
                        .setMaxResults(1))
                .findFirst();
    }

    /** What was refused is no installation, and is not among them. */
    Page<InstallationStatus> page(Paging paging) {
        return paging.read(
                this,
                "InstallationEntity",
                NOT_REFUSED + " and " + paging.contains("name"),
                Map.of(),
                entity -> entity.row().status());
    }

    /**
     * Those whose host has not answered in time, although it could be heard for {@code deadline}, locked; at most
     * {@code limit}, and none that another replica holds.
     */
    List<Overdue> overdue(Duration deadline, int limit) {
        String condition = "inspect_due_at <= now() AND " + Watermark.isPast("inspect_due_at", "deadline_millis");
        List<InstallationEntity> overdue = lock(database.entities(
                        "SELECT " + COLUMNS + " FROM installation WHERE " + condition
                                + " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED",
                        InstallationEntity.class)
                .setParameter("deadline_millis", deadline.toMillis())
                .setParameter("limit", limit));
        if (overdue.isEmpty()) {
            return List.of();
        }
        Set<UUID> lives = Set.copyOf(database.column(
                        "SELECT id FROM installation WHERE id = ANY (:ids) AND inspect_due_at >= inspect_until",
                        "id",
                        UUID.class)
                .setParameter("ids", overdue.stream().map(entity -> entity.id).toArray(UUID[]::new))
                .getResultList());
        return overdue.stream()
                .map(entity -> new Overdue(entity.row(), lives.contains(entity.id)))
                .toList();
    }

    /** The installations that these databases belong to, by the databases' identities. */
    Map<String, Installation> owners(Collection<String> identities) {
        Map<String, Installation> owners = new LinkedHashMap<>();
        if (!identities.isEmpty()) {
            select("where " + NOT_REFUSED + " and databaseIdentity in :identities")
                    .setParameterList("identities", Set.copyOf(identities))
                    .getResultList()
                    .forEach(entity -> owners.put(Objects.requireNonNull(entity.databaseIdentity), entity.row()));
        }
        return owners;
    }

    /** Those of a site with a node at one of these places of a host: directories, units or names of containers. */
    List<Installation> at(String site, String host, Collection<String> places) {
        return rows(database.entities("SELECT " + COLUMNS + """
                                 FROM installation WHERE state <> 'REFUSED' AND site = :site
                                   AND EXISTS (SELECT FROM jsonb_array_elements(spec->'nodes') node
                                                WHERE node->>'host' = :host AND (node->>'directory' = ANY (:places)
                                                   OR node->>'unit' = ANY (:places) OR node->>'container' = ANY (:places)))
                                """, InstallationEntity.class)
                        .setParameter("site", site)
                        .setParameter("host", host)
                        .setParameter("places", places.toArray(String[]::new)))
                .toList();
    }

    List<String> sites() {
        return database.session()
                .createSelectionQuery("select distinct site from InstallationEntity", String.class)
                .getResultList();
    }

    /** The names of installations on this host; at most {@code limit}. */
    List<String> on(String host, int limit) {
        return database.column(
                        "SELECT name FROM installation WHERE " + ON_HOST + " ORDER BY name LIMIT :limit",
                        "name",
                        String.class)
                .setParameter("host", host)
                .setParameter("limit", limit)
                .getResultList();
    }

    /** Locks all that are known to be on this host. */
    List<Installation> lockOn(String host) {
        return lock(database.entities(
                                "SELECT " + COLUMNS + " FROM installation WHERE " + ON_HOST + " ORDER BY id FOR UPDATE",
                                InstallationEntity.class)
                        .setParameter("host", host))
                .stream()
                .map(InstallationEntity::row)
                .toList();
    }

    /** Those that were refused under this name, locked. */
    List<Installation> refused(String name) {
        return lock(select("where name = :name and state = REFUSED order by id")
                        .setParameter("name", name)
                        .setHibernateLockMode(LockMode.PESSIMISTIC_WRITE))
                .stream()
                .map(InstallationEntity::row)
                .toList();
    }

    /** Those that were refused before {@code oldest}, locked; at most {@code limit}, and none that another replica holds. */
    List<Installation> refused(Instant oldest, int limit) {
        return lock(select("where state = REFUSED and updatedAt < :oldest order by id")
                        .setParameter("oldest", oldest)
                        .setMaxResults(limit)
                        .setHibernateLockMode(LockMode.UPGRADE_SKIPLOCKED))
                .stream()
                .map(InstallationEntity::row)
                .toList();
    }

    /** Deletes a row, which the caller holds locked, and remembers it for the live feed; its id for good. */
    void remove(InstallationRemoved removed) {
        for (String statement : List.of(
                "DELETE FROM installation WHERE id = :id",
                "INSERT INTO gone (installation_id) VALUES (:id) ON CONFLICT DO NOTHING")) {
            database.session()
                    .createNativeMutationQuery(statement)
                    .setParameter("id", removed.installationId())
                    .executeUpdate();
        }
        database.session()
                .createNativeMutationQuery(
                        "INSERT INTO removal (installation_id, body, at)" + " VALUES (:id, CAST(:body AS jsonb), :at)")
                .setParameter("id", removed.installationId())
                .setParameter("body", Columns.json(removed))
                .setParameter("at", removed.at())
                .executeUpdate();
    }

    /** Installations forgotten above {@code after} up to {@code upTo}, in order. */
    public List<Change> removed(long after, long upTo, int limit) {
        return database
                .rows("SELECT change_seq, CAST(body AS text) FROM removal"
                        + " WHERE change_seq > :after AND change_seq <= :up_to ORDER BY change_seq LIMIT :limit")
                .setParameter("after", after)
                .setParameter("up_to", upTo)
                .setParameter("limit", limit)
                .getResultList()
                .stream()
                .map(row -> new Change((long) row[0], MessageType.INSTALLATION_REMOVED, (String) row[1]))
                .toList();
    }

    /** Forgets the removals before {@code oldest}, at most {@code max}; returns how many. */
    public int pruneRemovals(Instant oldest, int max) {
        return database.session()
                .createNativeMutationQuery("DELETE FROM removal WHERE installation_id IN"
                        + " (SELECT installation_id FROM removal WHERE at < :oldest LIMIT :max)")
                .setParameter("oldest", oldest)
                .setParameter("max", max)
                .executeUpdate();
    }

    /** Writes the rows, which the caller holds locked, in one statement. The identity of the database stays as it was found. */
    public void update(Collection<Installation> rows) {
        if (rows.isEmpty()) {
            return;
        }
        database.session()
                .createNativeMutationQuery("""
                        UPDATE installation i SET state = u.state, rev = u.rev, epoch = u.epoch, profile = u.profile,
                               spec = CAST(u.spec AS jsonb), running = CAST(u.running AS jsonb),
                               checks = CAST(u.checks AS jsonb), problem = u.problem,
                               left_out = CAST(u.left_out AS jsonb),
                               database_identity = COALESCE(i.database_identity, u.identity), live_saga = u.live,
                               inspect_due_at = CASE WHEN u.state = 'REGISTERING' THEN i.inspect_due_at END,
                               inspect_until = CASE WHEN u.state = 'REGISTERING' THEN i.inspect_until END,
                               inspection = CASE WHEN u.state = 'REGISTERING' THEN i.inspection END,
                               updated_at = u.at, change_seq = next_change()
                          FROM unnest(:ids, :states, :revs, :epochs, :profiles, :specs, :runnings, :checks, :problems,
                                      :left_outs, :identities, :lives, :ats)
                               AS u (id, state, rev, epoch, profile, spec, running, checks, problem, left_out, identity,
                                     live, at)
                         WHERE i.id = u.id
                        """)
                .setParameter("ids", rows.stream().map(Installation::id).toArray(UUID[]::new))
                .setParameter("states", texts(rows, row -> row.state().name()))
                .setParameter("revs", rows.stream().map(Installation::rev).toArray(Long[]::new))
                .setParameter("epochs", rows.stream().map(Installation::epoch).toArray(Long[]::new))
                .setParameter("profiles", texts(rows, Installation::profile))
                .setParameter("specs", texts(rows, row -> Columns.jsonOrNull(row.spec())))
                .setParameter("runnings", texts(rows, row -> Columns.jsonOrNull(row.running())))
                .setParameter("checks", texts(rows, row -> Columns.json(row.checks())))
                .setParameter("problems", texts(rows, Installation::problem))
                .setParameter("left_outs", texts(rows, row -> Columns.json(row.leftOut())))
                .setParameter("identities", texts(rows, InstallationStore::identity))
                .setParameter("lives", rows.stream().map(Installation::liveSaga).toArray(UUID[]::new))
                .setParameter("ats", rows.stream().map(Installation::updatedAt).toArray(Instant[]::new))
                .executeUpdate();
    }

    /** Installations that changed above {@code after} up to {@code upTo}, in order, each as it is now. */
    public List<Change> changed(long after, long upTo, int limit) {
        return select("where changeSeq > :after and changeSeq <= :up_to order by changeSeq")
                .setParameter("after", after)
                .setParameter("up_to", upTo)
                .setMaxResults(limit)
                .getResultList()
                .stream()
                .map(entity -> new Change(
                        entity.changeSeq,
                        MessageType.INSTALLATION_STATUS,
                        Columns.json(entity.row().status())))
                .toList();
    }

    private SelectionQuery<InstallationEntity> select(String condition) {
        return database.session()
                .createSelectionQuery("from InstallationEntity " + condition, InstallationEntity.class);
    }

    private List<InstallationEntity> lock(SelectionQuery<InstallationEntity> query) {
        return locks.lock(LockOrder.Kind.INSTALLATIONS, query::getResultList);
    }

    private static Stream<Installation> rows(SelectionQuery<InstallationEntity> query) {
        return query.getResultList().stream().map(InstallationEntity::row);
    }

    private static @Nullable String identity(Installation row) {
        return row.spec() == null ? null : row.spec().databaseIdentity();
    }

    private static @Nullable String[] texts(
            Collection<Installation> rows, Function<Installation, @Nullable String> text) {
        return rows.stream().map(text).toArray(String[]::new);
    }

    private static Set<UUID> ids(Collection<String> namesOrIds) {
        Set<UUID> ids = new HashSet<>();
        namesOrIds.forEach(text -> id(text).ifPresent(ids::add));
        return ids;
    }

    private static Optional<UUID> id(String text) {
        if (text.length() != 36) {
            return Optional.empty();
        }
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
