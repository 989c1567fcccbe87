/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup;

import dev.uplift.backup.database.ApplicationDatabase;
import dev.uplift.backup.database.h2.ApplicationJar;
import dev.uplift.backup.database.h2.H2Database;
import dev.uplift.backup.database.h2.H2Processes;
import dev.uplift.backup.database.postgres.PostgresDatabase;
import dev.uplift.backup.database.postgres.PostgresOptions;
import dev.uplift.backup.step.BackupWork;
import dev.uplift.backup.store.BackupStore;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepCommand;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Host;
import dev.uplift.profile.DatabaseRules;
import dev.uplift.profile.Profile;
import dev.uplift.profile.Profiles;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** From what a command says of an installation to its database and its fence. */
public final class InstallationAccess {
    private final Profiles profiles;
    private final BackupStore store;
    private final H2Processes h2;
    private final int postgresJobs;
    private final List<Path> postgresTools;
    private final HostConnections connections;
    private final Clock clock;

    public InstallationAccess(
            Profiles profiles,
            BackupStore store,
            H2Processes h2,
            int postgresJobs,
            List<Path> postgresTools,
            HostConnections connections,
            Clock clock) {
        this.connections = connections;
        this.clock = clock;
        this.profiles = profiles;
        this.store = store;
        this.h2 = h2;
        this.postgresJobs = postgresJobs;
        this.postgresTools = List.copyOf(postgresTools);
    }

    /** One run of a command, behind the fence of the first node. */
    BackupWork work(StepCommand command, StepRun run) throws IOException {
        InstallationSpec installation = command.installation();
        NodeSpec first = installation.nodes().getFirst();
        return new BackupWork(
                command,
                run,
                connections.keeper(installation, first).fence(connections.directory(installation, first)),
                clock);
    }

    /**
     * The installation's database. Connects to nothing yet but, perhaps, to the host that it is reached from.
     *
     * @throws StepFailure INVALID if it cannot be reached from here
     * @throws IOException if a path or a secret is not what was registered, or the host is not reached
     */
    ApplicationDatabase database(InstallationSpec installation) throws IOException, InterruptedException {
        return switch (installation.database()) {
            case DatabaseSpec.PostgreSql spec ->
                PostgresDatabase.open(
                        installation.id(),
                        spec,
                        connections.server(installation, spec),
                        new PostgresOptions(postgresJobs, postgresTools, minimumMajor(installation)),
                        store.workDirectory(installation.id()));
            case DatabaseSpec.H2 spec ->
                H2Database.open(
                        installation,
                        spec,
                        hostOf(installation, spec),
                        jar(installation),
                        h2,
                        store.workDirectory(installation.id()));
        };
    }

    /** The host of an H2 file: the fence of the first node, behind which it is replaced, is there too. */
    private Host hostOf(InstallationSpec installation, DatabaseSpec.H2 file) throws IOException {
        NodeSpec first = installation.nodes().getFirst();
        Host keeper = connections.keeper(installation, first);
        if (!keeper.name().equals(first.host())) {
            throw StepFailure.refused(
                    ErrorCode.INVALID,
                    "of host " + first.host() + " only the Docker Engine is reached, not the H2 file of node "
                            + first.name() + "; register the host by SSH");
        }
        if (!file.host().equals(first.host())) {
            throw StepFailure.refused(
                    ErrorCode.INVALID,
                    "the H2 file is on host " + file.host() + ", but node " + first.name() + " is on host "
                            + first.host() + "; register the application again");
        }
        return keeper;
    }

    private ApplicationJar jar(InstallationSpec installation) throws IOException {
        NodeSpec first = installation.nodes().getFirst();
        return switch (first) {
            case NodeSpec.InDirectory node ->
                ApplicationJar.onHost(
                        connections.keeper(installation, node),
                        Path.of(node.directory()).resolve(node.jar()));
            case NodeSpec.Docker node -> ApplicationJar.inContainer(connections, installation, node);
        };
    }

    private int minimumMajor(InstallationSpec installation) {
        return rules(installation)
                .map(rules ->
                        rules.minimumVersion(DatabaseRules.Kind.POSTGRESQL).orElse(0))
                .orElse(0);
    }

    private Optional<DatabaseRules> rules(InstallationSpec installation) {
        return profiles.byName(installation.profile()).map(Profile::database);
    }
}
