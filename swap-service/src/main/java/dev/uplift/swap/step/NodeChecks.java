package dev.uplift.swap.step;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.Launch;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.IdentityReading;
import dev.uplift.profile.JavaRequirement;
import dev.uplift.profile.PathDecision;
import dev.uplift.profile.SettingException;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.node.JavaPrograms;
import dev.uplift.swap.node.LaunchCapture;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.ProcessNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** What is looked at on one node before anything is changed. A restore may begin with an application that is down. */
final class NodeChecks {
    private final StepWork work;
    private final ProcessNode node;
    private final Observation observed;
    private final ApplicationVersion running;
    private final List<Check> checks = new ArrayList<>();

    NodeChecks(StepWork work, ProcessNode node, Observation observed, ApplicationVersion running) {
        this.work = work;
        this.node = node;
        this.observed = observed;
        this.running = running;
    }

    /**
     * Looks at everything.
     *
     * @param launch how it is started; absent: nobody knows
     * @param before what was written down about that earlier
     */
    List<Check> run(Optional<Launch> launch, Optional<Launch> before)
            throws IOException, InterruptedException, StepFailedException {
        runs();
        health();
        identity();
        layout();
        disk();
        if (launch.isPresent()) {
            settings(launch.get(), before);
            java(launch.get());
        } else {
            fail(
                    "launch",
                    "it does not run, and how it is started was never written down; start it and register it again");
        }
        migrationLock();
        if (work.command().source() == null) {
            path();
        } else {
            oldRelease();
        }
        return checks;
    }

    private void runs() throws IOException {
        if (observed.process().isEmpty()) {
            unlessRestoring("process", "it does not run in " + node.directory());
            return;
        }
        var process = observed.process().get();
        if (!node.host().processes().listeningPorts(process.identity()).contains(node.port())) {
            unlessRestoring("process", "process " + process.pid() + " does not listen on port " + node.port());
        } else {
            ok("process", "process " + process.pid() + ", user " + process.uid() + ", port " + node.port());
        }
    }

    private void health() {
        switch (observed.health()) {
            case NodeProbe.Health.Healthy() -> ok("health", "healthy");
            case NodeProbe.Health.Starting _ -> unlessRestoring("health", "it is still starting");
            case NodeProbe.Health.Failing(String reason) -> unlessRestoring("health", reason);
        }
    }

    private void identity() throws IOException, InterruptedException {
        if (work.profile().identityProbe().isPresent()
                && work.probe().identity(work.profile(), node.answersAt()) instanceof IdentityReading.Unused) {
            warn("identity", "nobody has set this installation up: an empty database could not be told from its own");
        }
    }

    private void layout() throws IOException {
        try {
            ok(
                    "layout",
                    node.layout().form().name().toLowerCase(java.util.Locale.ROOT) + " JAR in " + node.directory());
        } catch (UnexpectedPathException e) {
            fail("layout", String.valueOf(e.getMessage()));
        }
        Path releases = node.directory().resolve("releases");
        if (node.host().files().exists(releases) && !node.host().files().isDirectory(releases)) {
            fail("layout", releases + " is not a directory");
        }
    }

    private void disk() throws IOException {
        long databaseBytes = work.command().installation().database() instanceof DatabaseSpec.H2 file
                ? node.host().files().usedBytes(Path.of(file.path()))
                : 0;
        long needed = 2 * observed.jarBytes() + databaseBytes;
        long free = node.host().files().freeBytes(node.directory());
        String seen = free / 1_000_000 + " MB free in " + node.directory() + ", " + needed / 1_000_000 + " MB needed";
        if (free < needed) {
            fail("disk", seen);
        } else {
            ok("disk", seen);
        }
    }

    private void settings(Launch launch, Optional<Launch> before) {
        switch (NodeDatabase.of(node.host(), work.profile(), launch)) {
            case NodeDatabase.Unsupported(String reason) -> fail("database", reason);
            case NodeDatabase.Supported(DatabaseSpec spec) -> {
                if (spec.equals(work.command().installation().database())) {
                    ok("database", spec.identity());
                } else {
                    fail(
                            "database",
                            "it works on " + spec.identity() + " now, registered is "
                                    + work.command().installation().database().identity() + "; register it again");
                }
            }
        }
        if (before.isPresent() && !before.get().equals(launch)) {
            unchanged(launch, before.get());
        }
    }

    private void unchanged(Launch launch, Launch before) {
        try {
            boolean same = work.profile()
                    .unchangedFingerprints(LaunchCapture.view(node.host(), launch))
                    .equals(work.profile().unchangedFingerprints(LaunchCapture.view(node.host(), before)));
            if (same) {
                ok(
                        "settings",
                        "its command line or environment changed since it was registered; what runs now is kept");
            } else {
                warn("settings", "a setting that must not change within an upgrade changed since it was registered");
            }
        } catch (SettingException e) {
            fail("settings", String.valueOf(e.getMessage()));
        }
    }

    private void java(Launch launch) throws InterruptedException, StepFailedException {
        JavaRequirement requirement =
                work.profile().javaRequirement(work.version(work.command().to()));
        OptionalInt own = JavaPrograms.major(node.host(), launch);
        Optional<List<String>> commandLine = JavaPrograms.commandLine(node.host(), launch, requirement);
        if (commandLine.isEmpty()) {
            fail(
                    "java",
                    work.command().to().version() + " needs " + requirement + ", installed is Java "
                            + (own.isPresent() ? own.getAsInt() : "unknown"));
        } else if (own.isEmpty()) {
            warn("java", launch.javaExecutable() + " does not say its version; needed is " + requirement);
        } else if (!commandLine.get().equals(launch.argv())) {
            warn(
                    "java",
                    "it runs on Java " + own.getAsInt() + "; "
                            + work.command().to().version() + " will be started with "
                            + commandLine.get().getFirst());
        } else {
            ok("java", "Java " + own.getAsInt() + ", needed is " + requirement);
        }
    }

    private void migrationLock() throws IOException {
        try {
            Optional<String> lock = work.database().migrationLock();
            if (lock.isPresent()) {
                fail("migration-lock", lock.get() + "; wait for it, or release it if nobody migrates");
            }
        } catch (SQLException e) {
            warn("migration-lock", "it could not be looked at (SQL state " + e.getSQLState() + ")");
        }
    }

    private void path() throws StepFailedException {
        ApplicationVersion to = work.version(work.command().to());
        switch (work.profile().path(running, to, List.of())) {
            case PathDecision.Hops _ -> ok("path", running + " to " + to);
            case PathDecision.Refused(PathDecision.Reason _, String detail) -> fail("path", detail);
        }
        if (running.edition() != null && !running.edition().equals(to.edition())) {
            fail("edition", running + " is " + running.edition() + ", " + to + " is " + to.edition());
        }
    }

    private void oldRelease() throws IOException, StepFailedException {
        String sha256 = work.targetSha256();
        if (observed.sha256().equals(sha256) || node.layout().holds(sha256)) {
            ok("release", "the JAR that the backup belongs to is on the host");
        } else {
            fail(
                    "release",
                    "the JAR that the backup belongs to (SHA-256 " + sha256 + ") is not in "
                            + node.layout().releases() + " any more; put it there");
        }
    }

    private void unlessRestoring(String name, String detail) {
        if (work.command().source() == null) {
            fail(name, detail);
        } else {
            warn(name, detail);
        }
    }

    private void ok(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.OK, detail));
    }

    private void warn(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.WARN, detail));
    }

    private void fail(String name, String detail) {
        checks.add(new Check(name, Check.Verdict.FAIL, detail));
    }
}
