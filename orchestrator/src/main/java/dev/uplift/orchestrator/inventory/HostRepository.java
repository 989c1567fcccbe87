/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.Page;
import dev.uplift.orchestrator.rest.Paging;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.sql.LockOrder;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.inject.Singleton;
import jakarta.persistence.LockModeType;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The table of hosts. */
@Singleton
public class HostRepository implements PanacheRepositoryBase<HostEntity, String> {
    static final Map<String, String> SORTS = Map.of("name", "name", "site", "site", "updatedAt", "updatedAt");

    private final LockOrder locks;

    HostRepository(LockOrder locks) {
        this.locks = locks;
    }

    /** The hosts of these names, by name; they stay as they are until the transaction ends. */
    public Map<String, HostEntry> hold(Collection<String> names) {
        return locks.lock(LockOrder.Kind.HOSTS, () -> read(names, LockModeType.PESSIMISTIC_READ));
    }

    /** The hosts of these names as they are now, by name. */
    public Map<String, HostEntry> find(Collection<String> names) {
        return read(names, LockModeType.NONE);
    }

    /** Locks one until the transaction ends. */
    Optional<HostEntry> lock(String name) {
        return locks.lock(
                LockOrder.Kind.HOSTS,
                () -> Optional.ofNullable(
                        read(Set.of(name), LockModeType.PESSIMISTIC_WRITE).get(name)));
    }

    /** Returns false if one of this name is there already. */
    boolean insert(HostEntry entry) {
        return write(
                        "insert into HostEntity (name, site, spec, updatedAt) values (:name, :site, :spec, :at)"
                                + " on conflict do nothing",
                        entry)
                == 1;
    }

    void update(HostEntry entry) {
        int _ = write("update HostEntity set site = :site, spec = :spec, updatedAt = :at where name = :name", entry);
    }

    Page<HostEntry> page(Paging paging) {
        return paging.read(this, "HostEntity", paging.contains("name"), Map.of(), HostEntity::entry);
    }

    private Map<String, HostEntry> read(Collection<String> names, LockModeType lock) {
        Map<String, HostEntry> hosts = new HashMap<>();
        if (!names.isEmpty()) {
            find("name in ?1", Sort.by("name"), Set.copyOf(names))
                    .withLock(lock)
                    .list()
                    .forEach(host -> hosts.put(host.name, host.entry()));
        }
        return hosts;
    }

    private int write(String statement, HostEntry entry) {
        // A statement, not a change of the entity: those before and after it must see it.
        return getEntityManager()
                .createQuery(statement)
                .setParameter("name", entry.host().name())
                .setParameter("site", entry.site())
                .setParameter("spec", Columns.json(entry.host()))
                .setParameter("at", entry.updatedAt())
                .executeUpdate();
    }
}
