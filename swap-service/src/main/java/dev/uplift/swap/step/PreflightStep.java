package dev.uplift.swap.step;

import dev.uplift.contract.Check;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.Observation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Looks at all nodes and refuses what could not be upgraded, or could not be brought back, safely. If
 * nothing stands in the way, it writes down again how each node is started; a dry run writes nothing.
 */
final class PreflightStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        List<Check> checks = new ArrayList<>();
        Map<Node, Observation> observations = new LinkedHashMap<>();
        Optional<Release> running = Optional.empty();
        for (Node node : work.nodes()) {
            if (!node.spec().sharesArtifacts(work.first().spec())) {
                throw StepFailedException.refused(
                        ErrorCode.PREFLIGHT_REFUSED,
                        "node " + node.spec().name() + " and node "
                                + work.first().spec().name()
                                + " run different artifacts, a JAR and an image or images of two repositories: they"
                                + " cannot be upgraded together yet");
            }
            Observation observed = node.observe(work.profile(), work.probe());
            ApplicationVersion version = version(observed);
            Release release = observed.release(version);
            requireExpected(work, release, version);
            checks.addAll(new NodeChecks(work, node, observed, version).run());
            if (running.filter(first -> !Objects.equals(first.sha256(), release.sha256()))
                    .isPresent()) {
                throw StepFailedException.refused(
                        ErrorCode.VERSION_UNEXPECTED,
                        "node " + node.spec().name() + " runs another JAR or image than the first");
            }
            running = Optional.of(running.orElse(release));
            observations.put(node, observed);
        }
        if (!work.command().dryRun()) {
            refuseFailures(checks);
            for (Map.Entry<Node, Observation> observed : observations.entrySet()) {
                observed.getKey().capture(work.on(observed.getKey()), observed.getValue());
            }
        }
        return StepOutcome.done(new StepOutput.NodesChecked(running.orElseThrow(), checks));
    }

    private static ApplicationVersion version(Observation observed) throws StepFailedException {
        return switch (observed.version()) {
            case VersionReading.Known(ApplicationVersion version) -> version;
            case VersionReading.Unreadable(String reason) ->
                throw StepFailedException.refused(
                        ErrorCode.PREFLIGHT_REFUSED, "the running version cannot be told: " + reason);
        };
    }

    private static void requireExpected(StepWork work, Release running, ApplicationVersion version)
            throws StepFailedException {
        Release from = work.command().from();
        if (!version.equals(work.version(from))) {
            throw StepFailedException.refused(
                    ErrorCode.VERSION_UNEXPECTED, running.version() + " runs, expected is " + from.version());
        }
        if (from.sha256() != null && !from.sha256().equals(running.sha256())) {
            throw StepFailedException.refused(
                    ErrorCode.VERSION_UNEXPECTED,
                    "another JAR or image of " + from.version() + " runs: SHA-256 " + running.sha256()
                            + ", expected is " + from.sha256());
        }
    }

    private static void refuseFailures(List<Check> checks) throws StepFailedException {
        List<String> failures = checks.stream()
                .filter(check -> check.verdict() == Check.Verdict.FAIL)
                .map(check -> check.name() + ": " + check.detail())
                .toList();
        if (!failures.isEmpty()) {
            throw StepFailedException.refused(ErrorCode.PREFLIGHT_REFUSED, String.join("; ", failures));
        }
    }
}
