/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;

/** An installation was forgotten: nothing more is said of it. The application itself, and its backups, are as they were. */
public record InstallationRemoved(UUID installationId, String installation, Instant at) {
    public InstallationRemoved {
        Checks.present(installationId, "installationId");
        Checks.text(installation, "installation");
        Checks.present(at, "at");
    }
}
