/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.StepCommand;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code backup.secure}: a cold, proven backup of what a new version has made of the data, before they are migrated
 * down. A version that never served has taken nothing in: there is nothing to secure. That no backup can be made of the
 * data is no reason to park: they are not migrated down then, and the backup from before the upgrade is restored.
 */
public final class SecureData implements StepHandler {
    private static final Logger LOG = LoggerFactory.getLogger(SecureData.class);

    private final TakeBackup take;

    public SecureData(TakeBackup take) {
        this.take = take;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        MigratedData migrated = command.migrated();
        if (migrated == null || !migrated.served()) {
            return StepOutcome.done();
        }
        StepOutcome outcome = take.run(command, run);
        return switch (outcome) {
            case StepOutcome.Succeeded succeeded -> succeeded;
            case StepOutcome.Failed failed -> {
                if (!isOfTheData(failed.code())) {
                    yield failed;
                }
                LOG.warn("what the new version made of the data is not migrated down: {}", failed.detail());
                yield StepOutcome.done();
            }
        };
    }

    /** A restore would not fail for the same reason. */
    private static boolean isOfTheData(ErrorCode code) {
        return switch (code) {
            case BACKUP_FAILED, BACKUP_CORRUPT, HOST_STORAGE, INVALID -> true;
            default -> false;
        };
    }
}
