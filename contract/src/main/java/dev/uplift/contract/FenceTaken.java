/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * An operator has given an installation the fences beside its nodes.
 *
 * @param from the installations that had them, by their ids; none, if they were its own already
 * @param by who wanted it, as that one says
 */
public record FenceTaken(
        UUID installationId, String installation, List<UUID> from, String by, String reason, Instant at) {
    public FenceTaken {
        Checks.present(installationId, "installationId");
        Checks.text(installation, "installation");
        from = Checks.list(from, "from");
        Checks.text(by, "by");
        Checks.text(reason, "reason");
        Checks.present(at, "at");
    }
}
