/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.step.BackupEffect;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupDraft;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.Pruning;
import dev.uplift.backup.store.StoredBackup;
import dev.uplift.contract.Backup;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import dev.uplift.worker.StepRunner;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code backup.take}: a cold, proven backup.
 *
 * <ol>
 *   <li>Nobody works on the database.
 *   <li>Copy it, and hash its content as of the same moment.
 *   <li>Write the manifest; make all of it durable; read all of it back.
 *   <li>Restore it elsewhere; the content is equal.
 *   <li>Still nobody works on the database, and no newer command has come: only now it counts.
 * </ol>
 *
 * <p>Run again, it finds the backup that it made in the same epoch, and that the database is still equal.
 */
public final class TakeBackup implements StepHandler {
    private static final Logger LOG = LoggerFactory.getLogger(TakeBackup.class);
    private static final StepRunner RUNNER = new StepRunner(StepFailures.otherwise(ErrorCode.BACKUP_FAILED));

    private final InstallationAccess access;
    private final BackupStore store;
    private final BackupSeal seal;
    private final Pruning pruning;
    private final MeterRegistry meters;

    public TakeBackup(
            InstallationAccess access, BackupStore store, BackupSeal seal, Pruning pruning, MeterRegistry meters) {
        this.access = access;
        this.store = store;
        this.seal = seal;
        this.pruning = pruning;
        this.meters = meters;
    }

    @Override
    public StepOutcome run(StepCommand command, StepRun run) throws Exception {
        return RUNNER.run(command, run, () -> {
            BackupWork work = access.work(command, run);
            ApplicationDatabase database = access.database(command.installation());
            UUID installation = command.installation().id();
            work.effects().run(BackupEffect.CLEAN, () -> {
                work.locked(() -> store.discardLeftovers(installation));
                database.discardLeftovers(work);
            });
            database.requireCold();
            UUID id = backupId(command);
            Optional<StoredBackup> found = store.find(installation, id);
            Backup backup = found.isPresent() ? again(found.get(), database, work) : create(id, database, work);
            return StepOutcome.done(new StepOutput.BackedUp(
                    backup, store.list(installation), seal.warnings(store.require(installation, id))));
        });
    }

    /** One backup for each saga, step and epoch: what an earlier epoch backed up may have changed since. */
    private static UUID backupId(StepCommand command) {
        return UuidCreator.getNameBasedSha1(command.sagaId(), command.stepIndex() + "/backup/" + command.epoch());
    }

    private Backup again(StoredBackup found, ApplicationDatabase database, BackupWork work) throws Exception {
        found.settle();
        Manifest manifest = seal.verify(found, work.bytes("reading the backup that is there", 0));
        if (!database.content(found, work).hash().equals(manifest.contentHash())) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    "the database was changed after backup " + manifest.backupId()
                            + " although the application is stopped: find out by whom");
        }
        return manifest.backup();
    }

    private Backup create(UUID id, ApplicationDatabase database, BackupWork work) throws Exception {
        StepCommand command = work.command();
        UUID installation = command.installation().id();
        for (NodeSpec node : command.installation().nodes()) {
            if (work.ranOn().sha256(node).isEmpty()) {
                throw StepFailure.refused(
                        ErrorCode.INVALID,
                        "the command does not tell which JAR or image node " + node.name()
                                + " ran on the data: PREFLIGHT comes before BACKUP");
            }
        }
        BackupDraft draft = work.effects().call(BackupEffect.BEGIN, () -> store.begin(installation, id, work.tag()));
        try {
            ApplicationDatabase.Snapshot snapshot = database.dump(draft.directory(), work);
            Manifest manifest = work.effects()
                    .call(
                            BackupEffect.MANIFEST,
                            () -> seal.apply(
                                    draft,
                                    (sizeBytes, count, list) ->
                                            manifest(id, work, database.kind(), snapshot, sizeBytes, count, list)));
            var _ = seal.verify(draft, work.bytes("reading the backup back", manifest.sizeBytes()));
            seal.warn(draft, database.prove(draft.directory(), manifest, work));
            work.run().checkCancelled();
            work.runLocked(BackupEffect.PUBLISH, () -> {
                database.requireCold();
                draft.publish();
            });
            meters.counter("uplift.backup.bytes", "database", database.kind()).increment((double) manifest.sizeBytes());
            prune(id, work);
            return manifest.backup();
        } catch (Exception e) {
            discard(draft, e);
            throw e;
        }
    }

    private static Manifest manifest(
            UUID id,
            BackupWork work,
            String kind,
            ApplicationDatabase.Snapshot snapshot,
            long sizeBytes,
            long fileCount,
            String filesSha256) {
        StepCommand command = work.command();
        InstallationSpec installation = command.installation();
        return new Manifest(
                Manifest.FORMAT,
                id,
                installation.id(),
                installation.name(),
                command.sagaId(),
                command.epoch(),
                installation.profile(),
                work.ranOn(),
                kind,
                installation.database().address(),
                snapshot.serverVersion(),
                snapshot.tool(),
                snapshot.databaseSizeBytes(),
                snapshot.contentHash(),
                snapshot.takenAt(),
                sizeBytes,
                fileCount,
                filesSha256);
    }

    private void prune(UUID id, BackupWork work) throws Exception {
        Set<UUID> needed = new HashSet<>(Set.of(id));
        Optional.ofNullable(work.command().backup()).map(Backup::id).ifPresent(needed::add);
        Optional.ofNullable(work.command().source()).map(Backup::id).ifPresent(needed::add);
        work.effects().run(BackupEffect.PRUNE, () -> {
            try {
                pruning.prune(work.command().installation().id(), needed);
            } catch (IOException e) {
                LOG.warn("old backups could not be deleted", e);
            }
        });
    }

    /**
     * Takes away what this run wrote, and nothing else: another run may have taken over. After a crash there is
     * nobody to do this: the next run does it.
     */
    private static void discard(BackupDraft draft, Exception failure) {
        try {
            draft.discard();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }
}
