/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What URLs gave when they were fetched from last, so that a fleet fetches one file once. It decides nothing: a URL that
 * does not give the same any more, or cannot tell, is fetched from again.
 */
public interface SourceTable {
    /**
     * What a server says of a file, by which a later answer is known to be about the same content.
     *
     * @param etag as it was sent, also a weak one; absent: none was
     * @param lastModified as it was sent; absent: it was not
     */
    record Validators(@Nullable String etag, @Nullable String lastModified) {
        /** Whether it says anything. */
        public boolean isPresent() {
            return etag != null || lastModified != null;
        }
    }

    /** What a URL gave. */
    record Given(String sha256, Validators validators) {}

    /** Empty if nothing was fetched from it for a month, or nothing that could be known again. {@code key}: of the URL. */
    Optional<Given> find(String key);

    /** Writes down what a URL gave, in the place of what it gave before; what is older than a month is forgotten. */
    void record(String key, Given given);
}
