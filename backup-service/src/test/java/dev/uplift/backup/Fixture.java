/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import static org.assertj.core.api.Assertions.assertThatCode;

import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.backup.store.BackupSeal;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.backup.store.FileBackupStore;
import dev.uplift.backup.store.Manifest;
import dev.uplift.backup.store.Pruning;
import dev.uplift.backup.store.Retention;
import dev.uplift.contract.Backup;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import dev.uplift.worker.StepRun;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One installation with its worker's handlers, as the queue would run them. */
final class Fixture implements AutoCloseable {
    static final String JAR = "app.jar";

    /** What a killed process looks like from inside: nothing catches it. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed(String point) {
            super(point);
        }
    }

    final UUID installation;
    final UUID saga = UUID.randomUUID();
    final Path home;
    final Path application;
    final DatabaseSpec database;
    final BackupStore store;
    final BackupSeal seal;
    final InstallationAccess access;
    final TakeBackup take;
    final RestoreBackup restore;
    final CheckDatabase check;
    final HostConnections connections;
    final H2Processes h2;
    final Set<String> reached = new LinkedHashSet<>();
    final List<Progress> progress = new ArrayList<>();
    String profile = "metabase";
    String ranSha256 = "ab".repeat(32);
    long epoch = 1;
    int delivery = 1;
    boolean pivotReached = true;
    boolean dryRun;
    BooleanSupplier cancelled = () -> false;
    List<HostSpec> hosts = List.of();
    Consumer<String> atPoint = point -> {};
    Consumer<Progress> atProgress = reported -> {};

    @Nullable
    NodeSpec node;

    @Nullable
    MigratedData migrated;

    @Nullable
    String killAt;

    /** What another process does, once, when a run reaches {@code pauseAt}. */
    Meanwhile meanwhile = () -> {};

    @Nullable
    String pauseAt;

    /** Something that another process does. */
    interface Meanwhile {
        void run() throws Exception;
    }

    Fixture(Path home, Path application, DatabaseSpec database) throws Exception {
        this(home, application, database, UUID.randomUUID(), new H2Processes(home.resolve("h2"), Clock.systemUTC()));
    }

    /** @param h2 what its copies are read by */
    Fixture(Path home, Path application, DatabaseSpec database, UUID installation, H2Processes h2) throws Exception {
        this.installation = installation;
        this.home = home;
        this.application = application.toRealPath();
        this.database = database;
        this.store = new FileBackupStore(home.resolve("backups"));
        this.seal = new BackupSeal(home.resolve("keys/backup-mac.key"));
        this.connections = new HostConnections(home, DockerEndpoint.LOCAL);
        this.h2 = h2;
        this.access = new InstallationAccess(
                Profiles.load(Optional.empty()), store, h2, 2, List.of(), connections, Clock.systemUTC());
        Pruning pruning = new Pruning(store, seal, new Retention(5, Duration.ofHours(24)), Clock.systemUTC());
        this.take = new TakeBackup(access, store, seal, pruning, new SimpleMeterRegistry());
        this.restore = new RestoreBackup(access, store, seal);
        this.check = new CheckDatabase(access, store, seal);
    }

    @Override
    public void close() {
        connections.close();
        h2.close();
    }

    StepCommand command(StepName step, Direction direction, @Nullable Backup backup, @Nullable Backup source) {
        return new StepCommand(
                saga,
                switch (step) {
                    case BACKUP -> 5;
                    default -> 7;
                },
                step,
                direction,
                1,
                epoch,
                pivotReached,
                dryRun,
                new InstallationSpec(
                        installation,
                        "test",
                        profile,
                        "default",
                        List.of(Objects.requireNonNullElseGet(node, this::process)),
                        database,
                        hosts),
                new Release("v0.50.1", null, null, null)
                        .with(Objects.requireNonNullElseGet(node, this::process), ranSha256),
                new Release("v0.51.1", null, null, null)
                        .with(Objects.requireNonNullElseGet(node, this::process), "cd".repeat(32)),
                List.of(),
                backup,
                source,
                migrated,
                StepLimits.DEFAULT);
    }

    private NodeSpec process() {
        String host = database instanceof DatabaseSpec.H2 file ? file.host() : NodeSpec.LOCAL;
        return new NodeSpec.JarProcess("node", host, application.toString(), JAR, URI.create("http://127.0.0.1:1"));
    }

    StepOutcome run(StepHandler handler, StepCommand command) throws Exception {
        return handler.run(command, begin());
    }

    /** The next delivery of a command. */
    StepRun begin() {
        int begun = delivery++;
        return new StepRun() {
            @Override
            public void progress(Progress reported) {
                progress.add(reported);
                atProgress.accept(reported);
            }

            @Override
            public boolean cancelled() {
                return cancelled.getAsBoolean();
            }

            @Override
            public int delivery() {
                return begun;
            }

            @Override
            public CrashPoints crashPoints() {
                return (effect, moment) -> {
                    String point = effect + ":" + moment;
                    reached.add(point);
                    if (point.equals(pauseAt)) {
                        pauseAt = null;
                        assertThatCode(meanwhile::run).doesNotThrowAnyException();
                    }
                    atPoint.accept(point);
                    if (point.equals(killAt)) {
                        killAt = null;
                        throw new Killed(point);
                    }
                };
            }
        };
    }

    StepOutcome tryTake() throws Exception {
        return run(take, command(StepName.BACKUP, Direction.DO, null, null));
    }

    Backup take() throws Exception {
        return switch (tryTake()) {
            case StepOutcome.Succeeded(StepOutput.BackedUp(Backup backup, var _, var _)) -> backup;
            case StepOutcome other -> throw new AssertionError(other.toString());
        };
    }

    StepOutcome secure() throws Exception {
        return run(new SecureData(take), command(StepName.SAFETY_BACKUP, Direction.UNDO, null, null));
    }

    StepOutcome undo(@Nullable Backup backup) throws Exception {
        return run(restore, command(StepName.BACKUP, Direction.UNDO, backup, null));
    }

    StepOutcome reinstate(Backup source) throws Exception {
        return run(restore, command(StepName.REINSTATE, Direction.DO, null, source));
    }

    StepOutcome preflight() throws Exception {
        return preflight(null);
    }

    StepOutcome preflight(@Nullable Backup source) throws Exception {
        return run(check, command(StepName.PREFLIGHT_DATABASE, Direction.DO, null, source));
    }

    Path directory(Backup backup) {
        return store.workDirectory(installation).resolve(backup.id().toString());
    }

    /** Reads all of a backup. */
    Manifest verify(UUID backup) throws Exception {
        return seal.verify(store.require(installation, backup), bytes -> {});
    }

    /** Names of what is in the installation's directory of the store, which nothing may have made yet. */
    List<String> stored() throws Exception {
        Path directory = store.workDirectory(installation);
        if (Files.notExists(directory)) {
            return List.of();
        }
        try (var entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }
}
