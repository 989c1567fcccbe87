package dev.uplift.artifact.store;

import dev.uplift.profile.ApplicationVersion;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Which content each version of each application has. The first content that was verified under a
 * version is that version's for ever: an upstream that changes a release afterwards is noticed.
 */
public final class ReleaseTable {
    private final Jdbi jdbi;

    public ReleaseTable(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * One version of one edition of an application. Spellings of the same version are equal.
     *
     * @param edition empty for an application without editions
     */
    public record Key(String profile, String edition, String version) {
        public static Key of(String profile, @Nullable String edition, ApplicationVersion version) {
            String numbers = version.numbers().stream().map(String::valueOf).collect(Collectors.joining("."));
            String preRelease = version.preRelease();
            return new Key(
                    profile,
                    edition == null ? "" : edition,
                    preRelease == null ? numbers : numbers + "-" + preRelease.toLowerCase(Locale.ROOT));
        }
    }

    /**
     * What a version was recorded as.
     *
     * @param pinned whether an operator named the hash, then or later
     */
    public record Recorded(String sha256, long sizeBytes, boolean pinned) {}

    /** Empty if this version has never been fetched. */
    public Optional<Recorded> find(Key key) {
        return jdbi.withHandle(handle -> find(handle, key));
    }

    /**
     * Records a version, or confirms its record: {@code pinned} sticks.
     *
     * @return what is recorded, which has another hash if another content was recorded first
     */
    public Recorded record(Key key, String sha256, long sizeBytes, boolean pinned, String source) {
        return jdbi.inTransaction(handle -> {
            handle.createUpdate("INSERT INTO release (profile, edition, version, sha256, size_bytes, pinned, source)"
                            + " VALUES (:profile, :edition, :version, :sha256, :size, :pinned, :source)"
                            + " ON CONFLICT (profile, edition, version) DO UPDATE"
                            + " SET pinned = release.pinned OR excluded.pinned"
                            + " WHERE release.sha256 = excluded.sha256")
                    .bind("profile", key.profile())
                    .bind("edition", key.edition())
                    .bind("version", key.version())
                    .bind("sha256", sha256)
                    .bind("size", sizeBytes)
                    .bind("pinned", pinned)
                    .bind("source", source)
                    .execute();
            return find(handle, key)
                    .orElseThrow(() -> new IllegalStateException("the record of " + key + " has vanished"));
        });
    }

    private static Optional<Recorded> find(Handle handle, Key key) {
        return handle.createQuery("SELECT sha256, size_bytes, pinned FROM release"
                        + " WHERE profile = :profile AND edition = :edition AND version = :version")
                .bind("profile", key.profile())
                .bind("edition", key.edition())
                .bind("version", key.version())
                .map((row, _) -> new Recorded(row.getString(1), row.getLong(2), row.getBoolean(3)))
                .findOne();
    }
}
