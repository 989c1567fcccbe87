/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Topics;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A host as it is registered and listed.
 *
 * @param site whose workers reach it; in a request absent: {@code default}
 * @param updatedAt absent in a request
 */
public record HostEntry(
        HostSpec host, @Nullable String site, @Nullable Instant updatedAt) {
    public HostEntry {
        if (host == null) {
            throw new IllegalArgumentException("host is missing");
        }
        if (site != null) {
            Topics.requireSite(site);
        }
    }
}
