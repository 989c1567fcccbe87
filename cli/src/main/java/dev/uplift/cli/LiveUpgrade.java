package dev.uplift.cli;

import dev.uplift.contract.InstallationStatus;
import java.util.UUID;

/** The saga that works on an installation, or is parked on it. */
final class LiveUpgrade {
    private LiveUpgrade() {}

    static UUID of(Api api, String installation) {
        InstallationStatus status = api.installation(installation);
        if (status.liveUpgrade() == null) {
            throw new CommandFailedException(ExitCode.FAILED, "nothing is under way on " + status.name());
        }
        return status.liveUpgrade();
    }
}
