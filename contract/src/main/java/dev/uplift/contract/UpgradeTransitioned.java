/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One transition of one saga, for the log of what happened. */
public record UpgradeTransitioned(
        UUID upgradeId,
        UUID installationId,
        String installation,
        long rev,
        String event,
        UpgradeStatus.State state,
        @Nullable StepName step,
        @Nullable String detail,
        Instant at) {
    public UpgradeTransitioned {
        Checks.present(upgradeId, "upgradeId");
        Checks.present(installationId, "installationId");
        Checks.text(installation, "installation");
        Checks.text(event, "event");
        Checks.present(state, "state");
        Checks.optionalText(detail, "detail");
        Checks.present(at, "at");
    }
}
