/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.demo;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.uplift.cli.UpgradeLine;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.demo.DemoFleet.Member;
import dev.uplift.demo.DemoFleet.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The whole demo's result. */
record Summary(
        int completed,
        @JsonProperty("rolled_back") int rolledBack,
        int parked,
        @JsonProperty("rows_acknowledged") long rowsAcknowledged,
        @JsonProperty("rows_lost") long rowsLost,
        List<Outcome> installations,
        List<String> problems) {
    /**
     * One installation in the summary.
     *
     * @param runs the version that answers now
     * @param steps milliseconds per step; an undone step's undo is {@code <step>_undo}
     */
    record Outcome(
            String name,
            String outcome,
            String from,
            String to,
            String runs,
            @JsonProperty("downtime_ms") @Nullable Long downtimeMillis,
            @JsonProperty("rows_acknowledged") long rowsAcknowledged,
            @JsonProperty("rows_lost") long rowsLost,
            Map<String, Long> steps) {}

    static Summary of(DemoFleet fleet, List<UpgradeStatus> ended, List<Verdict> verdicts) {
        List<Outcome> outcomes = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (Member member : fleet.members()) {
            UpgradeStatus status = ended.stream()
                    .filter(candidate -> candidate.installation().equals(member.name()))
                    .findFirst()
                    .orElseThrow();
            Verdict verdict = verdicts.stream()
                    .filter(candidate -> candidate.name().equals(member.name()))
                    .findFirst()
                    .orElseThrow();
            outcomes.add(outcome(status, verdict));
            judge(member, status, verdict, problems);
        }
        return new Summary(
                count(ended, State.COMPLETED),
                count(ended, State.ROLLED_BACK),
                count(ended, State.PARKED),
                verdicts.stream()
                        .mapToLong(verdict -> verdict.rows().acknowledgedCount())
                        .sum(),
                verdicts.stream()
                        .mapToLong(verdict -> verdict.rows().lostCount())
                        .sum(),
                outcomes,
                problems);
    }

    boolean asPromised() {
        return problems.isEmpty();
    }

    private static void judge(Member member, UpgradeStatus status, Verdict verdict, List<String> problems) {
        State state = member.fails() ? State.ROLLED_BACK : State.COMPLETED;
        String version = member.fails() ? DemoFleet.OLD : DemoFleet.NEW;
        if (status.state() != state) {
            problems.add(member.name() + " is " + status.state() + ", not " + state);
        }
        if (!verdict.version().equals(Optional.of(version))) {
            problems.add(member.name() + " runs " + verdict.version().orElse("nothing") + ", not " + version);
        }
        if (!verdict.rows().complete() || verdict.rows().acknowledgedCount() < DemoFleet.ROWS_BEFORE) {
            problems.add(member.name() + " has " + verdict.rows());
        }
        if (UpgradeLine.outageOf(status).isEmpty()) {
            problems.add(member.name() + " has no measured downtime");
        }
        verdict.overlaps().forEach(overlap -> problems.add(member.name() + ": " + overlap));
    }

    private static Outcome outcome(UpgradeStatus status, Verdict verdict) {
        Map<String, Long> steps = new LinkedHashMap<>();
        for (StepStatus step : status.steps()) {
            if (step.doMillis() != null) {
                steps.put(step.step().name(), step.doMillis());
            }
            if (step.undoMillis() != null) {
                steps.put(step.step() + "_undo", step.undoMillis());
            }
        }
        return new Outcome(
                status.installation(),
                status.state().name(),
                status.from().version(),
                status.to().version(),
                verdict.version().orElse("nothing"),
                UpgradeLine.outageOf(status).map(Duration::toMillis).orElse(null),
                verdict.rows().acknowledgedCount(),
                verdict.rows().lostCount(),
                steps);
    }

    private static int count(List<UpgradeStatus> ended, State state) {
        return (int) ended.stream().filter(status -> status.state() == state).count();
    }
}
