/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import dev.uplift.messaging.Database;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The sources in the service's database. */
@Singleton
public class SourceRepository implements SourceTable, PanacheRepositoryBase<SourceEntry, String> {
    private static final Duration KEPT = Duration.ofDays(30);

    private final Database database;
    private final Clock clock;

    SourceRepository(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    @Override
    public Optional<Given> find(String key) {
        return database.inTransaction(() -> find("key = ?1 and fetchedAt >= ?2", key, oldest())
                .firstResultOptional()
                .map(entry -> new Given(entry.sha256, new Validators(entry.etag, entry.lastModified))));
    }

    /** In one statement: several fetches of one URL may end at once. */
    @Override
    public void record(String key, Given given) {
        if (given.validators().isPresent()) {
            database.useTransaction(() -> write(key, given));
        }
    }

    private void write(String key, Given given) {
        getEntityManager()
                .createQuery("""
                        insert into SourceEntry (key, sha256, etag, lastModified, fetchedAt)
                        values (:key, :sha256, :etag, :modified, :now)
                        on conflict (key) do update set sha256 = excluded.sha256, etag = excluded.etag,
                            lastModified = excluded.lastModified, fetchedAt = excluded.fetchedAt
                        """)
                .setParameter("key", key)
                .setParameter("sha256", given.sha256())
                .setParameter("etag", given.validators().etag())
                .setParameter("modified", given.validators().lastModified())
                .setParameter("now", clock.instant())
                .executeUpdate();
        delete("fetchedAt < ?1", oldest());
    }

    private Instant oldest() {
        return clock.instant().minus(KEPT);
    }
}
