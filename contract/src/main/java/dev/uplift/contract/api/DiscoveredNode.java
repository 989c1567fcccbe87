/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import dev.uplift.contract.NodeKind;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that runs on a host and that a profile recognises.
 *
 * @param place the unit, the container, or the directory; of a process that this does not tell its pid besides
 * @param name the installation's: as it is registered, or as is proposed; absent: it cannot be registered
 * @param version absent: it cannot be registered
 * @param edition absent: the application has none, or it cannot be registered
 * @param database its address, without secrets; absent: it cannot be registered
 * @param registered whether it is a node of installation {@code name} already
 * @param command the words of the command that registers it; empty: nothing is to be done, or it cannot be
 * @param reason one line why it cannot be registered as it is; absent: it can, or it is
 */
public record DiscoveredNode(
        NodeKind kind,
        String place,
        @Nullable String name,
        @Nullable String profile,
        @Nullable String version,
        @Nullable String edition,
        @Nullable String database,
        boolean registered,
        List<String> command,
        @Nullable String reason) {
    public DiscoveredNode {
        command = List.copyOf(Objects.requireNonNullElse(command, List.of()));
    }
}
