/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.Check;
import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.DatabaseSeen;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepOutput;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.ComposeFiles;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.Observation;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Looks at all nodes and refuses what could not be upgraded, or could not be brought back, safely. If
 * nothing stands in the way, it writes down again how each node is started; a dry run writes nothing.
 */
final class PreflightStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        List<Check> checks = new ArrayList<>();
        List<ComposedNode> composed = new ArrayList<>();
        Map<Node, Observation> observations = new LinkedHashMap<>();
        Optional<Release> running = Optional.empty();
        for (Node node : work.nodes()) {
            Observation observed = work.observe(node);
            ApplicationVersion version = version(observed);
            requireVersion(work, node, version);
            checks.addAll(new NodeChecks(work, node, observed, version).run());
            if (node instanceof ComposeFiles files) {
                files.composed(work.on(node), observed).ifPresent(composed::add);
            }
            Release release = running.orElse(observed.release(version, node.spec()));
            requireSame(node, observed, release, observations.keySet());
            requireExpected(work, node, observed);
            running = Optional.of(release.with(node.spec(), observed.sha256()));
            observations.put(node, observed);
        }
        if (!work.command().dryRun()) {
            refuseFailures(checks);
            for (Map.Entry<Node, Observation> observed : observations.entrySet()) {
                observed.getKey().launchRecord().capture(work.on(observed.getKey()), observed.getValue());
            }
        }
        DatabaseSeen which = which(work);
        return StepOutcome.done(new StepOutput.NodesChecked(running.orElseThrow(), checks, composed, which));
    }

    /** Which database it is going to work on; absent: it does not say. */
    private static @Nullable DatabaseSeen which(StepWork work) throws IOException {
        try {
            return work.database().id().orElse(null);
        } catch (SQLException e) {
            throw work.unasked("which one it is", e);
        }
    }

    private static ApplicationVersion version(Observation observed) {
        return switch (observed.version()) {
            case VersionReading.Known(ApplicationVersion version) -> version;
            case VersionReading.Unreadable(String reason) ->
                throw StepFailure.refused(ErrorCode.PREFLIGHT_REFUSED, "the running version cannot be told: " + reason);
        };
    }

    private static void requireVersion(StepWork work, Node node, ApplicationVersion version) {
        Release from = work.command().from();
        if (!version.equals(work.version(from))) {
            throw StepFailure.refused(
                    ErrorCode.VERSION_UNEXPECTED,
                    version.text() + " runs on node " + node.spec().name() + ", expected is " + from.version());
        }
    }

    private static void requireExpected(StepWork work, Node node, Observation observed) {
        Release from = work.command().from();
        Optional<String> expected = from.sha256(node.spec());
        if (expected.isPresent() && !expected.get().equals(observed.sha256())) {
            throw StepFailure.refused(
                    ErrorCode.VERSION_UNEXPECTED,
                    "another JAR or image of " + from.version() + " runs on node "
                            + node.spec().name() + ": SHA-256 " + observed.sha256() + ", expected is "
                            + expected.get());
        }
    }

    /** Nodes of one kind run one artifact: what the undo of a switch goes back to is known by one hash. */
    private static void requireSame(Node node, Observation observed, Release running, Collection<Node> before) {
        Optional<String> known = running.sha256(node.spec());
        if (known.isPresent() && !known.get().equals(observed.sha256())) {
            String other = before.stream()
                    .filter(earlier -> earlier.spec().sharesArtifact(node.spec()))
                    .map(earlier -> earlier.spec().name())
                    .findFirst()
                    .orElse("another");
            throw StepFailure.refused(
                    ErrorCode.VERSION_UNEXPECTED,
                    "node " + node.spec().name() + " runs another JAR or image of " + running.version()
                            + " than node " + other + ": SHA-256 " + observed.sha256() + " and " + known.get()
                            + "; stop one of them and give it what the other runs");
        }
    }

    private static void refuseFailures(List<Check> checks) {
        List<String> failures = checks.stream()
                .filter(check -> check.verdict() == Check.Verdict.FAIL)
                .map(check -> check.name() + ": " + check.detail())
                .toList();
        if (!failures.isEmpty()) {
            throw StepFailure.refused(ErrorCode.PREFLIGHT_REFUSED, String.join("; ", failures));
        }
    }
}
