/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.database;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.sql.LockOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Whose databases are whose, by what they say of themselves, for one transaction. What two transactions are told at once
 * of one database is decided one after the other: the first has it. Not thread-safe.
 */
public final class DatabaseIds {
    private final Map<String, List<Owner>> owners = new HashMap<>();
    private final Map<UUID, Owner> changed = new LinkedHashMap<>();

    private DatabaseIds() {}

    /**
     * An installation that a database belongs to.
     *
     * @param apart those whose databases were shown to be others
     */
    public record Owner(
            UUID installation,
            String name,
            String databaseId,
            @Nullable String runId,
            Set<UUID> apart) {
        private List<String> ids() {
            return new DatabaseSeen(databaseId, List.of(), runId).ids();
        }
    }

    /** None are known, and none will be told. */
    public static DatabaseIds none() {
        return new DatabaseIds();
    }

    /** Those of these ids, which nobody else holds until the transaction ends. */
    public static DatabaseIds hold(Database database, LockOrder locks, Collection<String> ids) {
        DatabaseIds known = new DatabaseIds();
        if (ids.isEmpty()) {
            return known;
        }
        String[] asked = ids.toArray(String[]::new);
        var _ = locks.lock(
                LockOrder.Kind.DATABASES,
                () -> database.column(
                                "SELECT count(pg_advisory_xact_lock(lock)) AS locked FROM (SELECT DISTINCT"
                                        + " hashtextextended(id, 8480) AS lock FROM unnest(:ids) id ORDER BY lock) locks",
                                "locked",
                                Long.class)
                        .setParameter("ids", asked)
                        .getSingleResult());
        database.rows("SELECT id, name, database_id, database_run_id, database_apart FROM installation"
                        + " WHERE (database_id = ANY (:ids) OR database_run_id = ANY (:ids)) AND state <> 'REFUSED'"
                        + " ORDER BY id")
                .setParameter("ids", asked)
                .getResultList()
                .forEach(row -> known.add(new Owner(
                        (UUID) row[0], (String) row[1], (String) row[2], (String) row[3], Set.of((UUID[]) row[4]))));
        return known;
    }

    /**
     * Takes in what was seen of an installation's database.
     *
     * @return the other installation that it belongs to: nothing was taken in; empty: it is its own
     */
    public Optional<Owner> claim(UUID installation, String name, DatabaseSeen seen) {
        List<Owner> others = others(installation, seen);
        if (others.isEmpty()) {
            Owner own = new Owner(installation, name, seen.id(), seen.runId(), apart(installation, seen));
            owners.values()
                    .forEach(known ->
                            known.removeIf(earlier -> earlier.installation().equals(installation)));
            add(own);
            changed.put(installation, own);
        }
        return others.stream().findFirst();
    }

    /** {@link #claim}; why the database of what was found is not its own, for a person. */
    public Optional<String> owner(UUID installation, String name, Inspection.Found found) {
        DatabaseSeen seen = found.database();
        return seen == null
                ? Optional.empty()
                : claim(installation, name, seen)
                        .map(owner -> belongsTo(owner, found.installation().database(), seen));
    }

    /** That a database is another installation's, for a person. */
    public static String belongsTo(Owner owner, DatabaseSpec named, DatabaseSeen seen) {
        String both =
                seen.ids().stream().filter(owner.ids()::contains).findFirst().orElse(seen.id());
        return "its database " + named.address() + " is that of installation " + owner.name()
                + " by another name: both say that they are " + both
                + "; give it a database of its own, or forget one of the two (uplift remove)";
    }

    /** Those that a database belongs to as far as it says itself, and that were not shown to have others. */
    public List<Owner> others(UUID installation, DatabaseSeen seen) {
        Set<UUID> apart = apart(installation, seen);
        return known(seen)
                .filter(owner -> !owner.installation().equals(installation)
                        && !apart.contains(owner.installation())
                        && !owner.apart().contains(installation))
                .toList();
    }

    private Stream<Owner> known(DatabaseSeen seen) {
        return seen.ids().stream()
                .flatMap(id -> owners.getOrDefault(id, List.of()).stream())
                .distinct();
    }

    private Set<UUID> apart(UUID installation, DatabaseSeen seen) {
        Set<UUID> apart = new HashSet<>(seen.apart());
        known(seen)
                .filter(owner -> owner.installation().equals(installation))
                .forEach(owner -> apart.addAll(owner.apart()));
        return apart;
    }

    /**
     * Writes what was taken in, also with the sagas that work on it. One that began while a dry run of the same installation
     * was under way is locked only here: of two transactions that wait for each other because of it the database ends one.
     */
    public void write(Database database) {
        if (changed.isEmpty()) {
            return;
        }
        for (String update : List.of(
                "UPDATE installation i SET database_id = u.database_id, database_run_id = u.run_id, database_apart ="
                        + " CAST(u.apart AS uuid[]) FROM unnest(:ids, :database_ids, :run_ids, :aparts) AS u(id, database_id,"
                        + " run_id, apart) WHERE i.id = u.id",
                "UPDATE saga s SET database_id = u.database_id || CASE WHEN u.apart <> '{}' THEN ' ' || u.id ELSE ''"
                        + " END FROM unnest(:ids, :database_ids, :run_ids, :aparts) AS u(id, database_id, run_id, apart)"
                        + " WHERE s.installation_id = u.id AND s.live")) {
            database.session()
                    .createNativeMutationQuery(update)
                    .setParameter("ids", changed.keySet().toArray(UUID[]::new))
                    .setParameter("database_ids", texts(Owner::databaseId))
                    .setParameter("run_ids", texts(Owner::runId))
                    .setParameter(
                            "aparts",
                            texts(own -> own.apart().stream()
                                    .map(UUID::toString)
                                    .collect(Collectors.joining(",", "{", "}"))))
                    .executeUpdate();
        }
        changed.clear();
    }

    private @Nullable String[] texts(Function<Owner, @Nullable String> text) {
        return changed.values().stream().map(text).toArray(String[]::new);
    }

    private void add(Owner owner) {
        owner.ids()
                .forEach(
                        id -> owners.computeIfAbsent(id, _ -> new ArrayList<>()).add(owner));
    }
}
