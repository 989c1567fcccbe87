/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A search for what runs on a host: the answer of {@code POST /api/v1/hosts/{name}/discoveries}, and of {@code GET} below
 * it. What is registered already, and the names proposed, are those of the moment of the answer.
 *
 * @param host its name; {@code local}: the one that the site's workers run on
 * @param nodes what can be registered first; nodes that share a database follow each other
 * @param notes what was not looked at, or was looked at and not recognised, one line each
 * @param problem why it failed; absent: it did not
 */
public record DiscoveryStatus(
        UUID id,
        String host,
        String site,
        State state,
        List<DiscoveredNode> nodes,
        List<String> notes,
        @Nullable String problem,
        Instant askedAt) {
    public DiscoveryStatus {
        nodes = List.copyOf(Objects.requireNonNullElse(nodes, List.of()));
        notes = List.copyOf(Objects.requireNonNullElse(notes, List.of()));
    }

    /** How far it is. */
    public enum State {
        /** The site's workers look. */
        SEARCHING,
        /** They have answered. */
        DONE,
        /** They could not look, or did not answer in time. */
        FAILED
    }
}
