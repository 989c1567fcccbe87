/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.Discovery;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import io.quarkus.panache.common.Sort;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** The table of discoveries. */
@Singleton
public class DiscoveryRepository implements PanacheRepositoryBase<DiscoveryEntity, UUID> {
    private static final String UNANSWERED = "found is null and problem is null";

    /** One of a host that is under way. */
    Optional<DiscoveryEntity> underWay(String host, String site, Instant now) {
        return find(
                        "host = ?1 and site = ?2 and dueAt > ?3 and " + UNANSWERED,
                        Sort.by("askedAt").descending(),
                        host,
                        site,
                        now)
                .firstResultOptional();
    }

    Optional<DiscoveryEntity> find(String host, UUID id) {
        return find("host = ?1 and id = ?2", host, id).singleResultOptional();
    }

    /** Keeps the first answer; one to a discovery that is not known changes nothing. */
    void found(Discovery.Found found) {
        int _ = update("found = ?1 where id = ?2 and " + UNANSWERED, Columns.json(found), found.discoveryId());
    }

    /** As {@link #found}. */
    void refused(Discovery.Refused refused) {
        int _ = update(
                "problem = ?1 where id = ?2 and " + UNANSWERED,
                refused.code().wireName() + ": " + refused.detail(),
                refused.discoveryId());
    }

    /** Forgets those asked for before {@code oldest}, at most {@code max}; returns how many. */
    public int prune(Instant oldest, int max) {
        return (int) delete(
                "id in (select old.id from DiscoveryEntity old where old.askedAt < ?1 order by old.askedAt limit ?2)",
                oldest,
                max);
    }
}
