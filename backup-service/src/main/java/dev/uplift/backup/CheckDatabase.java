/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.Backup;
import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import dev.uplift.worker.StepRunner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * {@code backup.preflight}: looks whether the database could be backed up and restored, while the
 * application runs, and in a restore reads the backup that is to come back. Changes nothing of the application's;
 * on PostgreSQL it makes and drops a scratch database. A failing check fails the step, but in a dry run it is only
 * reported.
 */
public final class CheckDatabase implements StepHandler {
    private static final StepRunner RUNNER = new StepRunner(StepFailures.otherwise(ErrorCode.DATABASE_UNAVAILABLE));

    private final InstallationAccess access;
    private final BackupStore store;
    private final BackupSeal seal;

    public CheckDatabase(InstallationAccess access, BackupStore store, BackupSeal seal) {
        this.access = access;
        this.store = store;
        this.seal = seal;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        return RUNNER.run(command, run, () -> {
            StepOutput.DatabaseChecked checked;
            long neededBytes = 0;
            try {
                BackupWork work = access.work(command, run);
                ApplicationDatabase database = access.database(command.installation());
                checked = database.check(work);
                neededBytes = database.backupBytes(checked.sizeBytes());
            } catch (StepFailure e) {
                if (!command.dryRun()) {
                    throw e;
                }
                checked = new StepOutput.DatabaseChecked(
                        "unknown",
                        0,
                        List.of(new Check("database.reachable", Check.Verdict.FAIL, String.valueOf(e.getMessage()))));
            }
            List<Check> checks = new ArrayList<>(checked.checks());
            checks.add(space(command, neededBytes));
            Backup source = command.source();
            if (source != null) {
                checks.add(source(source, access.work(command, run)));
            }
            String failed = checks.stream()
                    .filter(check -> check.verdict() == Check.Verdict.FAIL)
                    .map(Check::detail)
                    .collect(Collectors.joining("; "));
            return failed.isEmpty() || command.dryRun()
                    ? StepOutcome.done(
                            new StepOutput.DatabaseChecked(checked.serverVersion(), checked.sizeBytes(), checks))
                    : StepFailure.refused(ErrorCode.PREFLIGHT_REFUSED, failed).outcome();
        });
    }

    /** Before anything is stopped for it: retention may have deleted it, and a disk may have changed it. */
    private Check source(Backup source, BackupWork work) throws IOException {
        try {
            StoredBackup stored = store.require(work.command().installation().id(), source.id());
            var _ = seal.verify(stored, work.bytes("checking the backup", source.sizeBytes()));
            return new Check("backup.source", Check.Verdict.OK, "backup " + source.id() + " is as it was written");
        } catch (StepFailure e) {
            return new Check("backup.source", Check.Verdict.FAIL, String.valueOf(e.getMessage()));
        }
    }

    private Check space(StepCommand command, long neededBytes) throws IOException {
        long freeBytes = store.usableBytes();
        return freeBytes > neededBytes
                ? new Check("backup.space", Check.Verdict.OK, ByteCount.text(freeBytes) + " are free for backups")
                : new Check(
                        "backup.space",
                        Check.Verdict.FAIL,
                        "a backup may need " + ByteCount.text(neededBytes) + " in "
                                + store.workDirectory(command.installation().id()) + ", only "
                                + ByteCount.text(freeBytes) + " are free: free some or move UPLIFT_HOME");
    }
}
