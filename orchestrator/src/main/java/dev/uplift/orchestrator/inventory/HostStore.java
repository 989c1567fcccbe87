package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/** The table of hosts. A row is locked before the installations that use it. */
public final class HostStore {
    static final Map<String, String> SORTS = Map.of("name", "name", "site", "site", "updatedAt", "updated_at");

    private static final String COLUMNS = "site, spec::text, updated_at";

    private HostStore() {}

    /** The hosts of these names, by name; they stay as they are until the transaction ends. */
    public static Map<String, HostEntry> hold(Handle handle, Collection<String> names) {
        return read(handle, names, " FOR SHARE");
    }

    /** The hosts of these names as they are now, by name. */
    public static Map<String, HostEntry> find(Handle handle, Collection<String> names) {
        return read(handle, names, "");
    }

    /** Locks one until the transaction ends. */
    static Optional<HostEntry> lock(Handle handle, String name) {
        return Optional.ofNullable(read(handle, Set.of(name), " FOR UPDATE").get(name));
    }

    /** Returns false if one of this name is there already. */
    static boolean insert(Handle handle, HostEntry entry) {
        return bind(
                        "INSERT INTO host (name, site, spec, updated_at)"
                                + " VALUES (:name, :site, :spec::jsonb, :at::timestamptz) ON CONFLICT DO NOTHING",
                        handle,
                        entry)
                == 1;
    }

    static void update(Handle handle, HostEntry entry) {
        bind(
                "UPDATE host SET site = :site, spec = :spec::jsonb, updated_at = :at::timestamptz WHERE name = :name",
                handle,
                entry);
    }

    static void delete(Handle handle, String name) {
        handle.createUpdate("DELETE FROM host WHERE name = :name")
                .bind("name", name)
                .execute();
    }

    static Page<HostEntry> page(Handle handle, Paging paging) {
        String where = " FROM host WHERE lower(name) LIKE :q";
        long total = handle.createQuery("SELECT count(*)" + where)
                .bind("q", paging.pattern())
                .mapTo(Long.class)
                .one();
        return new Page<>(
                handle.createQuery(paging.select(COLUMNS, "host", where))
                        .bind("q", paging.pattern())
                        .bind("limit", paging.limit())
                        .bind("offset", paging.offset())
                        .map((row, context) -> entry(row))
                        .list(),
                total,
                paging.offset(),
                paging.limit());
    }

    private static Map<String, HostEntry> read(Handle handle, Collection<String> names, String lock) {
        Map<String, HostEntry> hosts = new HashMap<>();
        if (!names.isEmpty()) {
            handle.createQuery("SELECT " + COLUMNS + " FROM host WHERE name = ANY(:names) ORDER BY name" + lock)
                    .bindArray("names", String.class, Set.copyOf(names))
                    .map((row, context) -> entry(row))
                    .forEach(entry -> hosts.put(entry.host().name(), entry));
        }
        return hosts;
    }

    private static int bind(String statement, Handle handle, HostEntry entry) {
        return handle.createUpdate(statement)
                .bind("name", entry.host().name())
                .bind("site", entry.site())
                .bind("spec", Columns.json(entry.host()))
                .bind("at", String.valueOf(entry.updatedAt()))
                .execute();
    }

    private static HostEntry entry(ResultSet row) throws SQLException {
        return new HostEntry(
                Columns.json(row, "spec", HostSpec.class), row.getString("site"), Columns.instant(row, "updated_at"));
    }
}
