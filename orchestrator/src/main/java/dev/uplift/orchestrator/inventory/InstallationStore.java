package dev.uplift.orchestrator.inventory;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Check;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationRemoved;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Release;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.publish.Change;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.watermark.Watermark;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** The table of installations. Rows are locked in the order of their ids, so that two batches never wait for each other. */
public final class InstallationStore {
    static final Map<String, String> SORTS =
            Map.of("name", "name", "state", "state", "profile", "profile", "updatedAt", "updated_at");

    private static final String COLUMNS = "id, name, state, rev, epoch, site, profile, spec::text, running::text,"
            + " checks::text, problem, left_out::text, live_saga, updated_at";
    private static final int SILENCES_MAX = 30;
    private static final String ON_HOST =
            "state <> 'REFUSED' AND spec->'hosts' @> jsonb_build_array(jsonb_build_object('name', :host::text))";
    private static final TypeReference<List<Check>> CHECKS = new TypeReference<>() {};
    private static final TypeReference<List<LeftOut>> LEFT_OUT = new TypeReference<>() {};

    private InstallationStore() {}

    /** One whose host has not answered in time; {@code lives}: its site has given signs of life to the end. */
    record Overdue(Installation row, boolean lives) {}

    /** Adds a new one, of which nothing is asked yet. */
    static void insert(Handle handle, Installation row) {
        handle.createUpdate("INSERT INTO installation"
                        + " (id, name, state, rev, epoch, site, profile, checks, updated_at)"
                        + " VALUES (:id, :name, :state, :rev, :epoch, :site, :profile, '[]'::jsonb, :at::timestamptz)")
                .bind("id", row.id())
                .bind("name", row.name())
                .bind("state", row.state().name())
                .bind("rev", row.rev())
                .bind("epoch", row.epoch())
                .bind("site", row.site())
                .bind("profile", row.profile())
                .bind("at", row.updatedAt().toString())
                .execute();
    }

    /**
     * Remembers what the host of one is asked, which the caller holds locked. It must never be silent for longer than
     * {@code silenceMax}, and answer within {@value #SILENCES_MAX} times that, counted from the first question.
     *
     * @param identity that of its database, which is its own from now on; absent: it is not known yet
     */
    static void expect(Handle handle, Inspection.Requested question, @Nullable String identity, Duration silenceMax) {
        handle.createUpdate("UPDATE installation SET inspect_due_at = now() + :millis * interval '1 millisecond',"
                        + " inspect_until = COALESCE(inspect_until, now() + :most_millis * interval '1 millisecond'),"
                        + " inspection = :question::jsonb,"
                        + " database_identity = COALESCE(database_identity, :identity) WHERE id = :id")
                .bind("id", question.installationId())
                .bind("question", Columns.json(question))
                .bind("identity", identity)
                .bind("millis", silenceMax.toMillis())
                .bind("most_millis", answerMax(silenceMax).toMillis())
                .execute();
    }

    /** How long a registration may take in all, if its host is never silent for longer than {@code silenceMax}. */
    static Duration answerMax(Duration silenceMax) {
        return silenceMax.multipliedBy(SILENCES_MAX);
    }

    /** The hosts of these, which the caller holds locked, have given a sign of life. */
    static void extend(Handle handle, Collection<UUID> ids, Duration silenceMax) {
        if (ids.isEmpty()) {
            return;
        }
        handle.createUpdate("UPDATE installation SET inspect_due_at ="
                        + " LEAST(now() + :millis * interval '1 millisecond', inspect_until)"
                        + " WHERE id = ANY(:ids) AND inspect_due_at IS NOT NULL")
                .bindArray("ids", UUID.class, ids)
                .bind("millis", silenceMax.toMillis())
                .execute();
    }

    /** What the hosts of these were asked last; none for those that nobody asks any more. */
    static Map<UUID, Inspection.Requested> questions(Handle handle, Collection<UUID> ids) {
        Map<UUID, Inspection.Requested> questions = new LinkedHashMap<>();
        handle.createQuery("SELECT id, inspection::text FROM installation"
                        + " WHERE id = ANY(:ids) AND state = 'REGISTERING' AND inspection IS NOT NULL")
                .bindArray("ids", UUID.class, Set.copyOf(ids))
                .map((row, context) ->
                        Map.entry(Columns.uuid(row, "id"), Columns.json(row, "inspection", Inspection.Requested.class)))
                .forEach(entry -> questions.put(entry.getKey(), entry.getValue()));
        return questions;
    }

    /** Others at the site of one that sagas work on or are parked on. */
    static List<UUID> workedOn(Handle handle, Installation besides) {
        return handle.createQuery(
                        "SELECT id FROM installation WHERE live_saga IS NOT NULL AND site = :site AND id <> :id ORDER BY id")
                .bind("site", besides.site())
                .bind("id", besides.id())
                .mapTo(UUID.class)
                .list();
    }

    /** Whether there was once one of this id, or a registration that was refused. */
    static boolean isGone(Handle handle, UUID id) {
        return handle.createQuery("SELECT EXISTS (SELECT FROM gone WHERE installation_id = :id)"
                        + " OR EXISTS (SELECT FROM installation WHERE id = :id AND state = 'REFUSED')")
                .bind("id", id)
                .mapTo(Boolean.class)
                .one();
    }

    /** Locks those that exist of {@code ids} until the transaction ends. */
    public static Map<UUID, Installation> lock(Handle handle, Collection<UUID> ids) {
        Map<UUID, Installation> locked = new LinkedHashMap<>();
        if (ids.isEmpty()) {
            return locked;
        }
        handle.createQuery("SELECT " + COLUMNS + " FROM installation WHERE id = ANY(:ids) ORDER BY id FOR UPDATE")
                .bindArray("ids", UUID.class, Set.copyOf(ids))
                .map((row, context) -> read(row))
                .forEach(installation -> locked.put(installation.id(), installation));
        return locked;
    }

    /** Those not refused that have one of these names, or one of these ids. */
    public static List<Installation> named(Handle handle, Collection<String> namesOrIds) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM installation WHERE state <> 'REFUSED'"
                        + " AND (name = ANY(:names) OR id = ANY(:ids)) ORDER BY id")
                .bindArray("names", String.class, Set.copyOf(namesOrIds))
                .bindArray("ids", UUID.class, ids(namesOrIds))
                .map((row, context) -> read(row))
                .list();
    }

    /** One by its id, or by its name; of several rows of one name the one that is not refused. */
    static Optional<Installation> find(Handle handle, String nameOrId) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM installation"
                        + " WHERE name = :name OR id = ANY(:ids)"
                        + " ORDER BY (state = 'REFUSED'), updated_at DESC LIMIT 1")
                .bind("name", nameOrId)
                .bindArray("ids", UUID.class, ids(Set.of(nameOrId)))
                .map((row, context) -> read(row))
                .findOne();
    }

    /** What was refused is no installation, and is not among them. */
    static Page<InstallationStatus> page(Handle handle, Paging paging) {
        String where = " FROM installation WHERE state <> 'REFUSED' AND lower(name) LIKE :q";
        long total = handle.createQuery("SELECT count(*)" + where)
                .bind("q", paging.pattern())
                .mapTo(Long.class)
                .one();
        List<InstallationStatus> content = handle.createQuery(paging.select(COLUMNS, "installation", where))
                .bind("q", paging.pattern())
                .bind("limit", paging.limit())
                .bind("offset", paging.offset())
                .map((row, context) -> read(row).status())
                .list();
        return new Page<>(content, total, paging.offset(), paging.limit());
    }

    /**
     * Those whose host has not answered in time, although it could be heard for {@code deadline}, locked; at most
     * {@code limit}, and none that another replica holds.
     */
    static List<Overdue> overdue(Handle handle, Duration deadline, int limit) {
        return handle.createQuery("SELECT inspect_due_at >= inspect_until AS lives, " + COLUMNS
                        + " FROM installation WHERE inspect_due_at <= now()"
                        + " AND " + Watermark.isPast("inspect_due_at", "deadline_millis")
                        + " ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED")
                .bind("deadline_millis", deadline.toMillis())
                .bind("limit", limit)
                .map((row, context) -> new Overdue(read(row), row.getBoolean("lives")))
                .list();
    }

    /** The installations that these databases belong to, by the databases' identities. */
    static Map<String, Installation> owners(Handle handle, Collection<String> identities) {
        Map<String, Installation> owners = new LinkedHashMap<>();
        handle.createQuery("SELECT database_identity, " + COLUMNS + " FROM installation"
                        + " WHERE state <> 'REFUSED' AND database_identity = ANY(:identities)")
                .bindArray("identities", String.class, Set.copyOf(identities))
                .map((row, context) -> Map.entry(row.getString("database_identity"), read(row)))
                .forEach(entry -> owners.put(entry.getKey(), entry.getValue()));
        return owners;
    }

    /** Those of a site with a node at one of these places of a host: directories, units or names of containers. */
    static List<Installation> at(Handle handle, String site, String host, Collection<String> places) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM installation WHERE state <> 'REFUSED' AND site = :site"
                        + " AND EXISTS (SELECT FROM jsonb_array_elements(spec->'nodes') node"
                        + " WHERE node->>'host' = :host AND (node->>'directory' = ANY(:places)"
                        + " OR node->>'unit' = ANY(:places) OR node->>'container' = ANY(:places)))")
                .bind("site", site)
                .bind("host", host)
                .bindArray("places", String.class, Set.copyOf(places))
                .map((row, context) -> read(row))
                .list();
    }

    static List<String> sites(Handle handle) {
        return handle.createQuery("SELECT DISTINCT site FROM installation")
                .mapTo(String.class)
                .list();
    }

    /** The names of installations on this host; at most {@code limit}. */
    static List<String> on(Handle handle, String host, int limit) {
        return handle.createQuery("SELECT name FROM installation WHERE " + ON_HOST + " ORDER BY name LIMIT :limit")
                .bind("host", host)
                .bind("limit", limit)
                .mapTo(String.class)
                .list();
    }

    /** Locks all that are known to be on this host. */
    static List<Installation> lockOn(Handle handle, String host) {
        return handle.createQuery(
                        "SELECT " + COLUMNS + " FROM installation WHERE " + ON_HOST + " ORDER BY id FOR UPDATE")
                .bind("host", host)
                .map((row, context) -> read(row))
                .list();
    }

    /** Those that were refused under this name, locked. */
    static List<Installation> refused(Handle handle, String name) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM installation WHERE name = :name AND state = 'REFUSED'"
                        + " ORDER BY id FOR UPDATE")
                .bind("name", name)
                .map((row, context) -> read(row))
                .list();
    }

    /** Those that were refused before {@code oldest}, locked; at most {@code limit}, and none that another replica holds. */
    static List<Installation> refused(Handle handle, Instant oldest, int limit) {
        return handle.createQuery("SELECT " + COLUMNS + " FROM installation WHERE state = 'REFUSED'"
                        + " AND updated_at < :oldest::timestamptz ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED")
                .bind("oldest", oldest.toString())
                .bind("limit", limit)
                .map((row, context) -> read(row))
                .list();
    }

    /** Deletes a row, which the caller holds locked, and remembers it for the live feed; its id for good. */
    static void remove(Handle handle, InstallationRemoved removed) {
        for (String statement : List.of(
                "DELETE FROM installation WHERE id = :id",
                "INSERT INTO gone (installation_id) VALUES (:id) ON CONFLICT DO NOTHING")) {
            handle.createUpdate(statement).bind("id", removed.installationId()).execute();
        }
        handle.createUpdate("INSERT INTO removal (installation_id, body, at)"
                        + " VALUES (:id, :body::jsonb, :at::timestamptz)")
                .bind("id", removed.installationId())
                .bind("body", Columns.json(removed))
                .bind("at", removed.at().toString())
                .execute();
    }

    /** Installations forgotten above {@code after} up to {@code upTo}, in order. */
    public static List<Change> removed(Handle handle, long after, long upTo, int limit) {
        return handle.createQuery("SELECT change_seq, body::text FROM removal"
                        + " WHERE change_seq > :after AND change_seq <= :up_to ORDER BY change_seq LIMIT :limit")
                .bind("after", after)
                .bind("up_to", upTo)
                .bind("limit", limit)
                .map((row, context) -> new Change(
                        row.getLong("change_seq"),
                        MessageType.INSTALLATION_REMOVED,
                        Columns.json(row, "body", InstallationRemoved.class)))
                .list();
    }

    /** Forgets the removals before {@code oldest}. */
    public static void pruneRemovals(Handle handle, Instant oldest) {
        handle.createUpdate("DELETE FROM removal WHERE at < :oldest::timestamptz")
                .bind("oldest", oldest.toString())
                .execute();
    }

    /** Writes the rows, which the caller holds locked, in one statement. The identity of the database stays as it was found. */
    public static void update(Handle handle, Collection<Installation> rows) {
        if (rows.isEmpty()) {
            return;
        }
        handle.createUpdate("""
                        UPDATE installation i SET state = u.state, rev = u.rev, epoch = u.epoch, profile = u.profile,
                               spec = u.spec::jsonb, running = u.running::jsonb, checks = u.checks::jsonb,
                               problem = u.problem, left_out = u.left_out::jsonb,
                               database_identity = COALESCE(i.database_identity, u.identity), live_saga = u.live,
                               inspect_due_at = CASE WHEN u.state = 'REGISTERING' THEN i.inspect_due_at END,
                               inspect_until = CASE WHEN u.state = 'REGISTERING' THEN i.inspect_until END,
                               inspection = CASE WHEN u.state = 'REGISTERING' THEN i.inspection END,
                               updated_at = u.at::timestamptz, change_seq = next_change()
                          FROM unnest(:ids, :states, :revs, :epochs, :profiles, :specs, :runnings, :checks, :problems,
                                      :left_outs, :identities, :lives, :ats)
                               AS u(id, state, rev, epoch, profile, spec, running, checks, problem, left_out, identity,
                                    live, at)
                         WHERE i.id = u.id
                        """)
                .bindArray("ids", UUID.class, column(rows, Installation::id))
                .bindArray(
                        "states", String.class, column(rows, row -> row.state().name()))
                .bindArray("revs", Long.class, column(rows, Installation::rev))
                .bindArray("epochs", Long.class, column(rows, Installation::epoch))
                .bindArray("profiles", String.class, column(rows, Installation::profile))
                .bindArray("specs", String.class, column(rows, row -> Columns.jsonOrNull(row.spec())))
                .bindArray("runnings", String.class, column(rows, row -> Columns.jsonOrNull(row.running())))
                .bindArray("checks", String.class, column(rows, row -> Columns.json(row.checks())))
                .bindArray("problems", String.class, column(rows, Installation::problem))
                .bindArray("left_outs", String.class, column(rows, row -> Columns.json(row.leftOut())))
                .bindArray("identities", String.class, column(rows, InstallationStore::identity))
                .bindArray("lives", UUID.class, column(rows, Installation::liveSaga))
                .bindArray(
                        "ats", String.class, column(rows, row -> row.updatedAt().toString()))
                .execute();
    }

    /** The latest states of installations whose last change is above {@code after} up to {@code upTo}, in order. */
    public static List<Change> changed(Handle handle, long after, long upTo, int limit) {
        return handle.createQuery("SELECT change_seq, " + COLUMNS + " FROM installation"
                        + " WHERE change_seq > :after AND change_seq <= :up_to ORDER BY change_seq LIMIT :limit")
                .bind("after", after)
                .bind("up_to", upTo)
                .bind("limit", limit)
                .map((row, context) -> new Change(
                        row.getLong("change_seq"),
                        MessageType.INSTALLATION_STATUS,
                        read(row).status()))
                .list();
    }

    private static Installation read(ResultSet row) throws SQLException {
        return new Installation(
                Columns.uuid(row, "id"),
                row.getString("name"),
                InstallationStatus.State.valueOf(row.getString("state")),
                row.getLong("rev"),
                row.getLong("epoch"),
                row.getString("site"),
                row.getString("profile"),
                Columns.jsonOrNull(row, "spec", InstallationSpec.class),
                Columns.jsonOrNull(row, "running", Release.class),
                Columns.json(row, "checks", CHECKS),
                row.getString("problem"),
                Columns.json(row, "left_out", LEFT_OUT),
                Columns.uuidOrNull(row, "live_saga"),
                Columns.instant(row, "updated_at"));
    }

    private static @Nullable String identity(Installation row) {
        return row.spec() == null ? null : row.spec().databaseIdentity();
    }

    private static @Nullable Object[] column(
            Collection<Installation> rows, Function<Installation, @Nullable Object> value) {
        return rows.stream().map(value).toArray();
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
