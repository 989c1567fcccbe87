/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.host.Launch;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.IdentityReading;
import dev.uplift.profile.PathDecision;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.DatabaseUse;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What is looked at on one node before anything is changed. A restore may begin with an application that is
 * down, an upgrade with a node that an earlier one has left out.
 */
final class NodeChecks {
    private final StepWork work;
    private final Node node;
    private final Observation observed;
    private final ApplicationVersion running;
    private final Optional<LeftOut> leftOut;
    private final CheckList checks;

    NodeChecks(StepWork work, Node node, Observation observed, ApplicationVersion running)
            throws IOException, InterruptedException {
        this.leftOut = work.leftOutBefore(node);
        this.checks = new CheckList(work.command().source() != null || leftOut.isPresent());
        this.work = work;
        this.node = node;
        this.observed = observed;
        this.running = running;
    }

    /** Looks at everything. */
    List<Check> run() throws IOException, InterruptedException {
        leftOut.ifPresent(left -> checks.warn(
                "left-out",
                "an earlier upgrade finished without it, and this one starts it again (" + left.detail()
                        + "); forget it if it cannot be mended"));
        health();
        identity();
        if (observed.launch().isPresent()) {
            settings(observed.launch().get(), observed.launchBefore());
        } else {
            checks.fail(
                    "launch",
                    "it does not run, and how it is started was never written down; start it and register it again");
        }
        node.check(work.on(node), observed, checks);
        migrationLock();
        if (work.command().source() == null) {
            path();
        } else if (work.knownTarget(node).isEmpty()) {
            checks.fail(
                    "release",
                    "node " + node.spec().name() + " was not there when the backup was taken, so nobody knows what it"
                            + " is to run; remove it, and add it again when it runs "
                            + work.command().to().version());
        }
        return work.isCluster()
                ? checks.all().stream()
                        .map(check -> new Check(
                                check.name(), check.verdict(), node.spec().name() + ": " + check.detail()))
                        .toList()
                : checks.all();
    }

    private void health() {
        switch (observed.health()) {
            case NodeProbe.Health.Healthy() -> checks.ok("health", "healthy");
            case NodeProbe.Health.Starting _ -> checks.unlessDown("health", "it is still starting");
            case NodeProbe.Health.Failing(String reason) -> checks.unlessDown("health", reason);
        }
    }

    private void identity() throws IOException, InterruptedException {
        if (work.profile().identityProbe().isPresent() && work.identity(node) instanceof IdentityReading.Unused) {
            checks.warn(
                    "identity",
                    "nobody has set this installation up: an empty database could not be told from its own");
        }
    }

    private void settings(Launch launch, Optional<Launch> before) throws IOException, InterruptedException {
        switch (node.data().database(work.profile(), launch)) {
            case NodeDatabase.Unsupported(String reason) -> checks.fail("database", reason);
            case NodeDatabase.Supported(DatabaseSpec spec) -> {
                if (isRegistered(spec, launch)) {
                    use(spec, launch);
                } else {
                    checks.fail(
                            "database",
                            changed(
                                            spec.address(),
                                            work.command()
                                                    .installation()
                                                    .database()
                                                    .address()) + "; register it again");
                }
            }
        }
        if (before.isPresent() && !before.get().equals(launch)) {
            unchanged(launch, before.get());
        }
    }

    private static String changed(String now, String registered) {
        return now.equals(registered)
                ? "it uses " + now + " in another way than it was registered with (user, password or search path)"
                : "it works on " + now + " now, registered is " + registered;
    }

    /** A node that is down, where that is allowed, cannot show it: its settings, which nobody has changed, are all there is. */
    private void use(DatabaseSpec spec, Launch launch) throws IOException, InterruptedException {
        if (!(observed.health() instanceof NodeProbe.Health.Healthy)) {
            checks.warn(
                    "database",
                    spec.address()
                            + ", as it was registered; while it does not serve, nothing shows that it works there");
            return;
        }
        switch (work.databaseUse(node, spec, launch)) {
            case DatabaseUse.Proven(String what) -> checks.ok("database", spec.address() + ": " + what);
            case DatabaseUse.Unproven(String instead) -> {
                if (work.isDatabaseAssumed(node)) {
                    checks.warn(
                            "database",
                            "that it works on " + spec.address()
                                    + " is assumed, because it was registered with --assume-database: " + instead);
                } else {
                    checks.fail(
                            "database",
                            "nothing shows that it works on " + spec.address() + ", as its command line and environment"
                                    + " say: " + instead + "; configuration files of applications are not read. If you"
                                    + " know that it works there, register it again with --assume-database");
                }
            }
            case DatabaseUse.Refuted(String reason) ->
                checks.fail("database", "it does not work on " + spec.address() + ": " + reason + work.wayOut());
        }
    }

    /** Each node keeps a password of its own and sees the server from its own place: the first one's are registered. */
    private boolean isRegistered(DatabaseSpec spec, Launch launch) throws IOException, InterruptedException {
        if (node.spec().name().equals(work.first().spec().name())) {
            return spec.equals(work.command().installation().database());
        }
        try {
            return work.isDatabase(spec, launch);
        } catch (SQLException e) {
            throw StepFailure.retryable(
                    ErrorCode.DATABASE_UNAVAILABLE,
                    "whether node " + node.spec().name() + " works on the database of the others cannot be told (SQL"
                            + " state " + e.getSQLState() + ")");
        }
    }

    private void unchanged(Launch launch, Launch before) {
        try {
            boolean same = work.profile()
                    .unchangedFingerprints(LaunchSettings.view(node.host(), launch))
                    .equals(work.profile().unchangedFingerprints(LaunchSettings.view(node.host(), before)));
            if (same) {
                checks.ok(
                        "settings",
                        launch.withInherited(before.inherited()).equals(before)
                                ? "what it inherits (umask, limits and the like) was written down anew"
                                : "its command line, environment, user, directory, Java, password or files for output"
                                        + " changed since it was registered; what runs now is kept");
            } else {
                checks.warn(
                        "settings", "a setting that must not change within an upgrade changed since it was registered");
            }
        } catch (SettingException e) {
            checks.fail("settings", String.valueOf(e.getMessage()));
        }
    }

    private void migrationLock() throws IOException {
        try {
            Optional<String> lock = work.database().migrationLock();
            if (lock.isEmpty()) {
                return;
            }
            boolean leftBehind = observed.health() instanceof NodeProbe.Health.Healthy
                    || leftOut.isPresent()
                    || work.command().source() != null;
            if (leftBehind && work.profile().releaseLocks().isPresent()) {
                checks.warn("migration-lock", lock.get() + "; it is taken away once nothing runs any more");
            } else {
                checks.fail("migration-lock", lock.get() + "; wait for it, or release it if nobody migrates");
            }
        } catch (SQLException e) {
            checks.warn("migration-lock", "it could not be looked at (SQL state " + e.getSQLState() + ")");
        }
    }

    private void path() {
        ApplicationVersion to = work.version(work.command().to());
        switch (work.profile().path(running, to, List.of())) {
            case PathDecision.Hops _ -> checks.ok("path", running + " to " + to);
            case PathDecision.Refused(PathDecision.Reason _, String detail) -> checks.fail("path", detail);
        }
        if (running.edition() != null && !running.edition().equals(to.edition())) {
            checks.fail("edition", running + " is " + running.edition() + ", " + to + " is " + to.edition());
        }
    }
}
