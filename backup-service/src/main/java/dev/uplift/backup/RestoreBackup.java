/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.Backup;
import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.FencedException;
import dev.uplift.worker.Effects;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import dev.uplift.worker.StepRunner;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the database equal to a backup: {@code backup.restore}, the undo of BACKUP, and {@code
 * backup.reinstate}, which goes back to an older backup that an operator chose.
 *
 * <ol>
 *   <li>Nobody works on the database.
 *   <li>If its content equals the backup's, nothing is done.
 *   <li>The backup's MAC and all its files are as they were written.
 *   <li>Restore beside the live database; the content is equal to the backup's.
 *   <li>Still nobody works on it: it takes the live one's place, which is kept under another name.
 * </ol>
 *
 * <p>The undo does nothing while the data cannot have been changed, nor if they were brought back by other means and the
 * old version works on them.
 */
public final class RestoreBackup implements StepHandler {
    private static final Logger LOG = LoggerFactory.getLogger(RestoreBackup.class);
    private static final String NOT_COMPARED =
            "the database cannot be compared with the backup and will be replaced: {}";
    private static final StepRunner RUNNER = new StepRunner(StepFailures.otherwise(ErrorCode.RESTORE_FAILED));

    private final InstallationAccess access;
    private final BackupStore store;
    private final BackupSeal seal;

    public RestoreBackup(InstallationAccess access, BackupStore store, BackupSeal seal) {
        this.access = access;
        this.store = store;
        this.seal = seal;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        return RUNNER.run(command, run, () -> {
            BackupWork work = access.work(command, run);
            return switch (command.direction()) {
                case UNDO -> undo(work);
                case DO -> {
                    Backup source = command.source();
                    yield source == null
                            ? StepOutcome.refused(
                                    ErrorCode.INVALID, "the command does not tell which backup to go back to")
                            : restore(source, work);
                }
            };
        });
    }

    private StepOutcome undo(BackupWork work) throws Exception {
        StepCommand command = work.command();
        Backup backup = command.backup();
        MigratedData migrated = command.migrated();
        boolean kept = migrated != null && migrated.kept();
        if (command.pivotReached() && backup != null && !kept) {
            return restore(backup, work);
        }
        work.effects().run(BackupEffect.CLEAN, () -> {
            UUID installation = command.installation().id();
            work.locked(() -> ifPossible(() -> store.discardLeftovers(installation)));
            ifPossible(() -> access.database(command.installation()).discardLeftovers(work));
        });
        return StepOutcome.done(new StepOutput.Restored(null, false));
    }

    /** The data were not touched: that something is left over is no reason to park. */
    private static void ifPossible(Effects.Action<Exception> clean) throws Exception {
        try {
            clean.run();
        } catch (Exception e) {
            if (e instanceof InterruptedException || e instanceof FencedException) {
                throw e;
            }
            LOG.warn("what an interrupted backup left behind stays until the next one", e);
        }
    }

    private StepOutcome restore(Backup backup, BackupWork work) throws Exception {
        StepCommand command = work.command();
        UUID installation = command.installation().id();
        ApplicationDatabase database = access.database(command.installation());
        StoredBackup stored = store.require(installation, backup.id());
        work.effects().run(BackupEffect.CLEAN, () -> {
            work.locked(() -> store.discardLeftovers(installation));
            database.discardLeftovers(work);
        });
        database.requireCold();
        Optional<ApplicationDatabase.Content> content =
                content(database, stored, work).filter(found -> found.hash().equals(backup.contentHash()));
        if (content.isPresent()) {
            List<Check> lacking = content.get().lacking().warnings(file -> seal.read(stored, file));
            return StepOutcome.done(new StepOutput.Restored(backup.contentHash(), false, lacking));
        }
        Manifest manifest = seal.verify(stored, work.bytes("checking the backup", backup.sizeBytes()));
        if (!manifest.backupId().equals(backup.id())
                || !manifest.installationId().equals(installation)
                || !manifest.contentHash().equals(backup.contentHash())
                || !manifest.databaseKind().equals(database.kind())) {
            throw StepFailure.refused(
                    ErrorCode.BACKUP_CORRUPT,
                    "what is in " + stored.location() + " is not the backup that was asked for: its manifest tells"
                            + " another installation, content or kind of database");
        }
        List<Check> warnings = database.replace(stored.directory(), manifest, work);
        return StepOutcome.done(new StepOutput.Restored(backup.contentHash(), true, warnings));
    }

    /** Empty for a database that cannot be read whole: it is damaged, or the failed version has locked it up. */
    private static Optional<ApplicationDatabase.Content> content(
            ApplicationDatabase database, StoredBackup backup, BackupWork work) throws Exception {
        try {
            return Optional.of(database.content(backup, work));
        } catch (StepFailure e) {
            boolean unreadable = e.code() == ErrorCode.BACKUP_FAILED
                    || (e.getCause() instanceof SQLException cause && !StepFailures.isOfServer(cause));
            if (!unreadable) {
                throw e;
            }
            LOG.warn(NOT_COMPARED, e.getMessage());
            return Optional.empty();
        } catch (SQLException e) {
            if (StepFailures.isOfServer(e)) {
                throw e;
            }
            LOG.warn(NOT_COMPARED, StepFailures.message(e));
            return Optional.empty();
        }
    }
}
