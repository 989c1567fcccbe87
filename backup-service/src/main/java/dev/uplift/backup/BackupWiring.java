/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.FileBackupStore;
import dev.uplift.backup.store.Pruning;
import dev.uplift.backup.store.Retention;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepWorker;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** Makes the worker of this service. */
final class BackupWiring {
    @Produces
    @Singleton
    HostConnections connections(BackupSettings settings) {
        return new HostConnections(settings.home().toAbsolutePath(), new DockerEndpoint.Unix(settings.dockerSocket()));
    }

    void close(@Disposes HostConnections connections) {
        connections.close();
    }

    @Produces
    @Singleton
    H2Processes h2(BackupSettings settings, Clock clock) {
        return new H2Processes(settings.home().toAbsolutePath().resolve("h2"), clock);
    }

    void close(@Disposes H2Processes h2) {
        h2.close();
    }

    @Produces
    @Singleton
    StepWorker worker(
            BackupSettings settings,
            HostConnections connections,
            H2Processes h2,
            Clock clock,
            MessagingRuntime messaging,
            MeterRegistry meters)
            throws IOException, ProfileException {
        Path home = settings.home().toAbsolutePath();
        BackupStore store = new FileBackupStore(home.resolve("backups"));
        BackupSeal seal = new BackupSeal(home.resolve("keys").resolve("backup-mac.key"));
        Retention retention = new Retention(settings.retentionCount(), settings.retentionMinAge());
        InstallationAccess access = new InstallationAccess(
                Profiles.load(Optional.of(settings.home().resolve("profiles"))),
                store,
                h2,
                settings.postgresJobs(),
                settings.postgresTools().orElse(List.of()),
                connections,
                clock);
        TakeBackup take = new TakeBackup(access, store, seal, new Pruning(store, seal, retention, clock), meters);
        RestoreBackup restore = new RestoreBackup(access, store, seal);
        return StepWorker.builder(messaging, ServiceName.BACKUP, settings.site())
                .step(StepName.PREFLIGHT_DATABASE, Direction.DO, new CheckDatabase(access, store, seal))
                .urgent(StepName.BACKUP, Direction.DO, take)
                .step(StepName.BACKUP, Direction.UNDO, restore)
                .step(StepName.SAFETY_BACKUP, Direction.UNDO, new SecureData(take))
                .urgent(StepName.REINSTATE, Direction.DO, restore)
                .threads(settings.threads())
                .build();
    }
}
