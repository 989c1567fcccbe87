/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import static dev.uplift.swap.inspect.Refusals.refuse;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.host.Fence;
import dev.uplift.host.FenceToken;
import dev.uplift.host.FencedException;
import dev.uplift.host.Launch;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.messaging.OneLine;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.AppDatabase;
import dev.uplift.swap.node.DatabaseProof;
import dev.uplift.swap.node.DatabaseUse;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.SagaState;
import dev.uplift.swap.site.Site;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The installation that an application becomes a node of: a new one, or the one that it was asked to join.
 *
 * @param registers whether it is to become one, or is only looked at
 */
record Membership(Site site, Inspection.Requested asked, NodeProbe probe, CrashPoints crashPoints, boolean registers) {
    private static final String FIRST = "node-1";
    private static final String CHECK = "database";

    /** The name of the node. */
    String nodeName() {
        Inspection.Joining joins = asked.joins();
        return joins == null ? FIRST : joins.installation().freeNodeName();
    }

    /**
     * Tells what was found and, if that was accepted, takes it: writes down, behind the node's fence, how it is started. If
     * it is refused, nothing was written.
     *
     * @param checks that it has passed so far
     */
    InspectionOutcome accept(Profile profile, Node node, Observation observed, List<Check> checks)
            throws IOException, InterruptedException, FencedException {
        Launch launch = observed.launch()
                .filter(_ -> observed.instance().isPresent())
                .orElseThrow(() -> refuse(node.place() + ": it was stopped while it was looked at"));
        DatabaseSpec seen = switch (node.data().database(profile, launch)) {
            case NodeDatabase.Supported(DatabaseSpec supported) -> supported;
            case NodeDatabase.Unsupported(String reason) -> throw refuse(reason);
        };
        ApplicationVersion version = Refusals.requireVersion(observed);
        requireFits(profile, node.spec(), seen, launch, observed, version);
        List<Check> all = new ArrayList<>(checks);
        all.addAll(Refusals.checks(observed, version));
        InstallationSpec installation =
                withDatabase(installation(profile, node.spec(), seen), profile, node, seen, observed, launch, all);
        DatabaseSeen which = registers ? which(profile, installation.withDatabase(seen), launch, all) : null;
        UUID fenceOf = node.fence()
                .last()
                .map(FenceToken::installationId)
                .filter(owner -> !owner.equals(asked.installationId()))
                .orElse(null);
        Inspection.Accepted accepted = asked.accepted();
        if (registers && accepted != null) {
            if (!accepted.installation().nodes().equals(installation.nodes())
                    || !accepted.installation().database().equals(installation.database())) {
                throw refuse("it was started otherwise, or on another database, while it was registered; ask again");
            }
            which = apart(which, accepted.others(), profile, installation.withDatabase(seen), launch);
            crashPoints.before(SwapEffect.INSPECT_LAUNCH.crashPoint());
            node.launchRecord().makeDirectory();
            try (Fence.Held held = node.fence().claim(asked.installationId(), accepted.fenceOf())) {
                node.launchRecord().register(held, observed);
                if (SagaState.read(node.host(), node.directory())
                        .filter(SagaState::over)
                        .isPresent()) {
                    SagaState.forget(held, node.directory());
                }
            }
            crashPoints.after(SwapEffect.INSPECT_LAUNCH.crashPoint());
        }
        Inspection.Found found = new Inspection.Found(
                asked.installationId(),
                installation,
                running(observed.release(version, node.spec()), node.spec()),
                all,
                which,
                fenceOf,
                (registers && accepted != null) ? true : null);
        return new InspectionOutcome.Running(found, launch);
    }

    /**
     * The installation, which says whether it is only assumed that the node works on its database.
     *
     * @param seen the database as the node's settings name it
     * @param checks get what was seen there
     * @throws StepFailure if it serves and was not seen to work there
     */
    private InstallationSpec withDatabase(
            InstallationSpec installation,
            Profile profile,
            Node node,
            DatabaseSpec seen,
            Observation observed,
            Launch launch,
            List<Check> checks)
            throws IOException, InterruptedException {
        if (!(observed.health() instanceof NodeProbe.Health.Healthy)) {
            checks.add(new Check(
                    CHECK,
                    Check.Verdict.WARN,
                    seen.address()
                            + ", by its settings; while it does not serve, nothing shows that it works there. The"
                            + " plan of an upgrade looks again"));
            return installation;
        }
        AppDatabase database = site.database(installation.withDatabase(seen), profile.database(), launch);
        DatabaseProof proof = new DatabaseProof(profile, probe);
        return switch (registers ? proof.of(node, database) : proof.now(node, database)) {
            case DatabaseUse.Proven(String what) -> {
                checks.add(new Check(CHECK, Check.Verdict.OK, seen.address() + ": " + what));
                yield installation;
            }
            case DatabaseUse.Unproven(String instead) -> {
                if (!registers) {
                    // At one look it need not have a connection: the registration looks for longer.
                    yield installation;
                }
                if (!isAssumed(node)) {
                    throw refuse("nothing shows that it works on " + seen.address() + ", as its command line and"
                            + " environment say: " + instead + ". Configuration files of applications are not read; if"
                            + " you know that it works there, say so: --assume-database");
                }
                checks.add(new Check(
                        CHECK,
                        Check.Verdict.WARN,
                        "that it works on " + seen.address() + " is assumed, because you said so: " + instead));
                yield installation.withDatabaseAssumedFor(node.spec());
            }
            case DatabaseUse.Refuted(String reason) ->
                throw refuse("it does not work on " + seen.address() + ", as its command line and environment say: "
                        + reason + ". Configuration files of applications are not read");
        };
    }

    /** Also what was assumed before it was accepted. */
    private boolean isAssumed(Node node) {
        Inspection.Accepted accepted = asked.accepted();
        return Boolean.TRUE.equals(asked.assumeDatabase())
                || (accepted != null
                        && accepted.installation()
                                .databaseAssumedFor()
                                .contains(node.spec().name()));
    }

    /**
     * The application can be another node of what it joins: it is none yet, works on the same database as the same user,
     * and is the same version from the same JAR or image.
     *
     * @param seen its database as it sees it itself
     */
    private void requireFits(
            Profile profile,
            NodeSpec node,
            DatabaseSpec seen,
            Launch launch,
            Observation observed,
            ApplicationVersion version)
            throws IOException, InterruptedException {
        Inspection.Joining joins = asked.joins();
        if (joins == null) {
            return;
        }
        InstallationSpec installation = joins.installation();
        for (NodeSpec known : installation.nodes()) {
            if (known.isAt(node)) {
                throw refuse("it is " + known.name() + " of " + installation.name() + " already");
            }
        }
        requireSameRelease(profile, node, joins, observed, version);
        if (installation.database() instanceof DatabaseSpec.H2 || seen instanceof DatabaseSpec.H2) {
            throw refuse("an H2 database is a file that one node alone can work on; move " + installation.name()
                    + " to a server first");
        }
        requireSameDatabase(profile, installation.withNode(node, asked.host()), seen, launch);
    }

    /** Which database it works on; absent: it does not say, of which the checks warn. */
    private @Nullable DatabaseSeen which(
            Profile profile, InstallationSpec installation, Launch launch, List<Check> checks)
            throws InterruptedException {
        String reason = "it does not exist yet";
        try {
            Optional<DatabaseSeen> seen =
                    site.database(installation, profile.database(), launch).id();
            if (seen.isPresent()) {
                return seen.get();
            }
        } catch (SQLException e) {
            reason = "it does not answer (SQL state " + e.getSQLState() + ")";
        } catch (IOException e) {
            reason = OneLine.of(e.getMessage());
        }
        checks.add(new Check(
                "database.identity",
                Check.Verdict.WARN,
                "which database it is could not be asked: " + reason
                        + "; whether another installation has it by another name is asked before every upgrade"));
        return null;
    }

    /** The database is none of those of others that say the same of themselves: a lock on it is not seen there. */
    private @Nullable DatabaseSeen apart(
            @Nullable DatabaseSeen which,
            List<InstallationSpec> others,
            Profile profile,
            InstallationSpec installation,
            Launch launch)
            throws IOException, InterruptedException {
        if (others.isEmpty()) {
            return which;
        }
        if (which == null) {
            throw refuse("its database does not say any more which it is, so that it cannot be told from that of "
                    + others.stream()
                            .map(other -> "installation " + other.name())
                            .collect(Collectors.joining(" and "))
                    + "; ask again");
        }
        AppDatabase own = site.database(installation, profile.database(), launch);
        for (InstallationSpec other : others) {
            try {
                if (own.isSame(site.database(other, profile.database()))) {
                    throw refuse("its database " + installation.database().address() + " is that of installation "
                            + other.name() + " by another name: a lock on the one is on the other too");
                }
            } catch (SQLException e) {
                throw refuse("its database says that it is that of installation " + other.name()
                        + "; whether it is only a copy cannot be told: a server does not answer (SQL state "
                        + e.getSQLState() + ")");
            }
        }
        return which.apartFrom(others.stream().map(InstallationSpec::id).toList());
    }

    private InstallationSpec installation(Profile profile, NodeSpec node, DatabaseSpec seen) {
        Inspection.Joining joins = asked.joins();
        return joins == null
                ? new InstallationSpec(
                        asked.installationId(),
                        asked.name(),
                        profile.name(),
                        asked.site(),
                        List.of(node),
                        seen,
                        asked.host() == null ? List.of() : List.of(asked.host()))
                : joins.installation().withNode(node, asked.host());
    }

    private Release running(Release running, NodeSpec node) {
        Inspection.Joining joins = asked.joins();
        return joins == null
                ? running
                : joins.running().with(node, running.sha256(node).orElseThrow());
    }

    private static void requireSameRelease(
            Profile profile,
            NodeSpec node,
            Inspection.Joining joins,
            Observation observed,
            ApplicationVersion version) {
        String others = joins.running().version();
        if (!(profile.version(others) instanceof VersionReading.Known(ApplicationVersion known))
                || !known.equals(version)) {
            throw refuse("it runs " + version + ", " + joins.installation().name() + " runs " + others
                    + "; bring it to that version first");
        }
        Optional<String> sha256 = joins.running().sha256(node);
        if (sha256.isPresent() && !sha256.get().equals(observed.sha256())) {
            throw refuse("it runs another JAR or image of " + version + " than the other nodes of "
                    + joins.installation().name() + ": SHA-256 " + observed.sha256() + ", theirs is " + sha256.get()
                    + "; give it what they run");
        }
    }

    private void requireSameDatabase(Profile profile, InstallationSpec joined, DatabaseSpec seen, Launch launch)
            throws IOException, InterruptedException {
        String own = seen.address();
        String theirs = joined.database().address();
        try {
            if (!site.isDatabase(joined, seen, launch, profile.database())) {
                throw refuse("it works on another database than " + joined.name() + ", or as another user: on " + own
                        + " as its host sees it, " + joined.name() + " works on " + theirs);
            }
        } catch (SQLException e) {
            throw refuse("whether " + own + " is the database of " + joined.name() + ", " + theirs
                    + ", cannot be told: a server does not answer (SQL state " + e.getSQLState() + ")");
        }
    }
}
