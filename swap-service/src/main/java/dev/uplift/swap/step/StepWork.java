/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Launch;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.IdentityReading;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.AppDatabase;
import dev.uplift.swap.node.DatabaseProof;
import dev.uplift.swap.node.DatabaseUse;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.SagaState;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepFailures;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** One run of one command: what it is about, and the only way to change anything on a host. */
final class StepWork {
    private final Site site;
    private final StepCommand command;
    private final StepRun run;
    private final Profile profile;
    private final NodeProbe probe;
    private final Clock clock;
    private final List<Node> nodes;
    private final AppDatabase database;

    /** The nodes of the command's installation; fails if one is not where it was registered. */
    StepWork(Site site, StepCommand command, StepRun run, Profile profile, NodeProbe probe, Clock clock)
            throws IOException, InterruptedException {
        this.site = site;
        this.command = command;
        this.run = run;
        this.profile = profile;
        this.probe = probe;
        this.clock = clock;
        this.nodes = new ArrayList<>();
        for (NodeSpec spec : command.installation().nodes()) {
            nodes.add(site.node(command.installation(), spec));
        }
        this.database = site.database(command.installation(), profile.database());
    }

    StepCommand command() {
        return command;
    }

    StepRun run() {
        return run;
    }

    Profile profile() {
        return profile;
    }

    /** The moment it is. */
    Instant now() {
        return clock.instant();
    }

    Observation observe(Node node) throws IOException, InterruptedException {
        return node.observe(profile, probe);
    }

    /** How a node answers that it is. */
    NodeProbe.Health health(Node node) throws IOException, InterruptedException {
        return probe.health(profile, node.address(profile));
    }

    /** The version that a node answers that it is. */
    VersionReading version(Node node) throws IOException, InterruptedException {
        return probe.version(profile, node.address(profile));
    }

    /** What a node answers of whether it works on a database that has been set up. */
    IdentityReading identity(Node node) throws IOException, InterruptedException {
        return probe.identity(profile, node.address(profile));
    }

    AppDatabase database() {
        return database;
    }

    /** Whether a node that is started so works on the database that its settings name. */
    DatabaseUse databaseUse(Node node, DatabaseSpec seen, Launch launch) throws IOException, InterruptedException {
        AppDatabase named = site.database(command.installation().withDatabase(seen), profile.database(), launch);
        return new DatabaseProof(profile, probe).of(node, named);
    }

    /** Whether somebody has said, and nothing has proven, that a node works on the installation's database. */
    boolean isDatabaseAssumed(Node node) {
        return command.installation().databaseAssumedFor().contains(node.spec().name());
    }

    /** What a person may do where a node is not on its database, because that has lost a table that it must have. */
    String wayOut() {
        return command.source() == null
                ? ""
                : "; if the table was lost, stop the application and ask for the restore again";
    }

    /** Whether a node that is started so, and sees its database so, works on that of the installation. */
    boolean isDatabase(DatabaseSpec seen, Launch launch) throws IOException, InterruptedException, SQLException {
        return site.isDatabase(command.installation(), seen, launch, profile.database());
    }

    List<Node> nodes() {
        return nodes;
    }

    /** Whether there are several, so that it must be said which is meant. */
    boolean isCluster() {
        return nodes.size() > 1;
    }

    /** The node that migrates. */
    Node first() {
        return nodes.getFirst();
    }

    /** All but the one that migrates. */
    List<Node> others() {
        return nodes.subList(1, nodes.size());
    }

    /** The same on one of the nodes. */
    NodeWork on(Node node) {
        return new OnNode(this, node);
    }

    /** The one that runs on a node; empty if none does. Fails if there are several. */
    Optional<Instance> onlyRunning(Node node) throws IOException, InterruptedException {
        List<Instance> running = node.instances().running();
        if (running.size() > 1) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    running.size() + " run in " + node.place() + ": " + Instance.names(running) + "; one is expected");
        }
        return running.stream().findFirst();
    }

    /** Whoever runs now was started by somebody else after the stop was proven. */
    void requireStopped(Node node) throws IOException, InterruptedException {
        List<Instance> running = node.instances().running();
        if (!running.isEmpty()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    Instance.names(running) + " was started in " + node.place()
                            + " by somebody else; stop it and turn off what starts it");
        }
    }

    /** Nothing of the installation runs, and nobody works on its database: a command of the application may. */
    void requireNobody() throws IOException, InterruptedException {
        for (Node node : nodes) {
            requireStopped(node);
        }
        try {
            Optional<String> users = database.users();
            if (users.isPresent()) {
                throw StepFailure.refused(
                        ErrorCode.INTERFERED,
                        users.get() + ", although the application is stopped; end what works there");
            }
        } catch (SQLException e) {
            throw unasked("whether it is in use", e);
        }
    }

    /** The application's database did not say what was asked. */
    StepFailure unasked(String question, SQLException e) {
        return StepFailures.otherwise(ErrorCode.DATABASE_UNAVAILABLE)
                .of(e)
                .of("the application's database cannot be asked " + question);
    }

    /** Remembers {@code state} on the node. */
    SagaState remember(Node node, SwapEffect effect, SagaState state)
            throws IOException, InterruptedException, FencedException {
        on(node).runFenced(effect, held -> state.write(held, node.directory()));
        return state;
    }

    /** What all attempts at this step have in common until somebody asks for it again: a higher epoch is another one. */
    UUID occasion() {
        return UuidCreator.getNameBasedSha1(command.sagaId(), command.stepIndex() + "/" + command.epoch());
    }

    /** What this saga remembers on the node. */
    Optional<SagaState> state(Node node) throws IOException {
        return SagaState.read(node.host(), node.directory(), command.sagaId());
    }

    /** That this saga goes on without the node, and why; empty: it does not. */
    Optional<LeftOut> leftOut(Node node) throws IOException {
        return state(node).map(SagaState::leftOut);
    }

    /**
     * That an earlier saga ended without the node, which has been down since then, and why; empty: it took part, or
     * somebody started it again.
     */
    Optional<LeftOut> leftOutBefore(Node node) throws IOException, InterruptedException {
        Optional<SagaState> own = state(node);
        if (own.isPresent()) {
            return own.map(SagaState::leftOutBefore);
        }
        return node.instances().running().isEmpty()
                ? SagaState.read(node.host(), node.directory())
                        .filter(SagaState::over)
                        .map(SagaState::leftOut)
                : Optional.empty();
    }

    /** A version of the command as the profile reads it. */
    ApplicationVersion version(Release release) {
        return switch (profile.version(release.version())) {
            case VersionReading.Known(ApplicationVersion version) -> version;
            case VersionReading.Unreadable(String reason) -> throw StepFailure.refused(ErrorCode.INVALID, reason);
        };
    }

    /** The hash of what a node shall run: of the fetched artifact, or of the one that an old backup belongs to. */
    String targetSha256(Node node) {
        return knownTarget(node)
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.INVALID,
                        "the command does not say what node " + node.spec().name() + " is to run"));
    }

    /** The same; empty where nobody has said it, or could. */
    Optional<String> knownTarget(Node node) {
        return command.artifact(node.spec())
                .map(Artifact::sha256)
                .or(() -> Optional.ofNullable(command.source())
                        .flatMap(backup -> backup.release().sha256(node.spec())))
                .or(() -> command.to().sha256(node.spec()));
    }

    private record OnNode(StepWork work, Node node) implements NodeWork {
        @Override
        public StepCommand command() {
            return work.command;
        }

        @Override
        public Profile profile() {
            return work.profile;
        }

        @Override
        public ApplicationVersion version(Release release) {
            return work.version(release);
        }

        @Override
        public String targetSha256() {
            return work.targetSha256(node);
        }

        @Override
        public StepRun run() {
            return work.run;
        }

        @Override
        public Fence fence() throws IOException {
            node.requireUnmoved();
            return node.fence();
        }
    }
}
