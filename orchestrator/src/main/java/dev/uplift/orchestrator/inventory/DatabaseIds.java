package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.DatabaseSeen;
import dev.uplift.orchestrator.sql.Columns;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

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
     * @param copy whether it was shown to be another one than those that say the same of themselves
     */
    private record Owner(UUID installation, String name, String databaseId, boolean copy) {}

    /** None are known, and none will be told. */
    public static DatabaseIds none() {
        return new DatabaseIds();
    }

    /** Those of these ids. To be called before any row is locked: who holds one of these waits for nobody's row. */
    public static DatabaseIds hold(Handle handle, Collection<String> ids) {
        DatabaseIds known = new DatabaseIds();
        if (ids.isEmpty()) {
            return known;
        }
        handle.createQuery("SELECT count(pg_advisory_xact_lock(lock)) FROM (SELECT DISTINCT hashtextextended(id, 8480)"
                        + " AS lock FROM unnest(:ids) id ORDER BY lock) locks")
                .bindArray("ids", String.class, Set.copyOf(ids))
                .mapTo(Long.class)
                .one();
        handle.createQuery("SELECT id, name, database_id, database_copy FROM installation"
                        + " WHERE database_id = ANY(:ids) AND state <> 'REFUSED' ORDER BY id")
                .bindArray("ids", String.class, Set.copyOf(ids))
                .map((row, context) -> new Owner(
                        Columns.uuid(row, "id"),
                        row.getString("name"),
                        row.getString("database_id"),
                        row.getBoolean("database_copy")))
                .forEach(known::add);
        return known;
    }

    /**
     * Takes in what was seen of an installation's database.
     *
     * @return the other installation that it belongs to, by its name: nothing was taken in; empty: it is its own
     */
    public Optional<String> claim(UUID installation, String name, DatabaseSeen seen) {
        List<Owner> others = new ArrayList<>();
        for (Owner owner : owners.getOrDefault(seen.id(), List.of())) {
            if (!owner.installation().equals(installation)) {
                others.add(owner);
            } else if (owner.copy()) {
                return Optional.empty();
            }
        }
        Optional<String> owner = others.stream()
                .filter(other -> !other.copy() && !seen.apart().contains(other.installation()))
                .map(Owner::name)
                .findFirst();
        if (owner.isEmpty()) {
            boolean copy = others.stream().anyMatch(other -> !other.copy());
            Owner own = new Owner(installation, name, seen.id(), copy);
            owners.values()
                    .forEach(known ->
                            known.removeIf(earlier -> earlier.installation().equals(installation)));
            add(own);
            changed.put(installation, own);
        }
        return owner;
    }

    /** Writes what was taken in, also with the sagas that work on it. */
    public void write(Handle handle) {
        if (changed.isEmpty()) {
            return;
        }
        for (String update : List.of(
                "UPDATE installation i SET database_id = u.database_id, database_copy = u.copy"
                        + " FROM unnest(:ids, :database_ids, :copies) AS u(id, database_id, copy) WHERE i.id = u.id",
                "UPDATE saga s SET database_id = u.database_id || CASE WHEN u.copy THEN ' ' || u.id ELSE '' END"
                        + " FROM unnest(:ids, :database_ids, :copies) AS u(id, database_id, copy)"
                        + " WHERE s.installation_id = u.id AND s.live")) {
            handle.createUpdate(update)
                    .bindArray("ids", UUID.class, changed.keySet())
                    .bindArray(
                            "database_ids",
                            String.class,
                            changed.values().stream().map(Owner::databaseId).toList())
                    .bindArray(
                            "copies",
                            Boolean.class,
                            changed.values().stream().map(Owner::copy).toList())
                    .execute();
        }
        changed.clear();
    }

    private void add(Owner owner) {
        owners.computeIfAbsent(owner.databaseId(), _ -> new ArrayList<>()).add(owner);
    }
}
