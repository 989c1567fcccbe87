package dev.uplift.artifact.store;

import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * What URLs gave when they were fetched from last, so that a fleet fetches one file once. It decides nothing: a URL that
 * does not give the same any more, or cannot tell, is fetched from again.
 */
public final class SourceTable {
    private final Jdbi jdbi;

    public SourceTable(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * What a server says of a file, by which a later answer is known to be about the same content.
     *
     * @param etag as it was sent, also a weak one; absent: none was
     * @param lastModified as it was sent; absent: it was not
     */
    public record Validators(
            @Nullable String etag, @Nullable String lastModified) {
        /** Whether it says anything. */
        public boolean telling() {
            return etag != null || lastModified != null;
        }
    }

    /** What a URL gave. */
    public record Given(String sha256, Validators validators) {}

    /** Empty if nothing was fetched from it for a month, or nothing that could be known again. {@code key}: of the URL. */
    public Optional<Given> find(String key) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT sha256, etag, last_modified FROM source"
                        + " WHERE url_sha256 = :key AND fetched_at >= now() - interval '30 days'")
                .bind("key", key)
                .map((row, _) -> new Given(row.getString(1), new Validators(row.getString(2), row.getString(3))))
                .findOne());
    }

    /** Writes down what a URL gave, in the place of what it gave before; what is older than a month is forgotten. */
    public void record(String key, Given given) {
        if (!given.validators().telling()) {
            return;
        }
        jdbi.useTransaction(handle -> {
            handle.createUpdate("INSERT INTO source (url_sha256, sha256, etag, last_modified)"
                            + " VALUES (:key, :sha256, :etag, :modified)"
                            + " ON CONFLICT (url_sha256) DO UPDATE SET sha256 = excluded.sha256, etag = excluded.etag,"
                            + " last_modified = excluded.last_modified, fetched_at = now()")
                    .bind("key", key)
                    .bind("sha256", given.sha256())
                    .bind("etag", given.validators().etag())
                    .bind("modified", given.validators().lastModified())
                    .execute();
            handle.execute("DELETE FROM source WHERE fetched_at < now() - interval '30 days'");
        });
    }
}
