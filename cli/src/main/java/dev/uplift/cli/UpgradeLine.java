/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.ByteCount;
import dev.uplift.contract.Direction;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.Outage;
import dev.uplift.contract.Progress;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** An upgrade in one line for a person. */
public final class UpgradeLine {
    private UpgradeLine() {}

    /** Whether it is under way: neither final nor parked. */
    static boolean isLive(UpgradeStatus status) {
        return !status.state().isFinal() && status.state() != State.PARKED;
    }

    /** Where it is, or how it ended and why. */
    static String describe(UpgradeStatus status) {
        return switch (status.state()) {
            case RUNNING -> status.step() + activity(status);
            case ROLLING_BACK -> "rolling back: " + status.step() + activity(status);
            case COMPLETED -> "COMPLETED, " + status.to().version() + without(status) + outage(status);
            case ROLLED_BACK ->
                "ROLLED_BACK to " + status.from().version() + wayBack(status) + outage(status) + because(status);
            case PARKED ->
                "PARKED at " + status.step() + because(status) + "; see `uplift status " + status.installation() + "`";
        };
    }

    /** How long it was down in all; empty if it was not, or still is. */
    public static Optional<Duration> outageOf(UpgradeStatus status) {
        return status.outageBeganAt() == null || status.outageEndedAt() == null
                ? Optional.empty()
                : Optional.of(Outage.sum(status.down()));
    }

    /** How much of the plan is done, 0 to 1. */
    static double partDone(UpgradeStatus status) {
        if (status.steps().isEmpty()) {
            return 0;
        }
        long done = status.steps().stream()
                .filter(step -> step.state() == StepState.DONE)
                .count();
        return (done + current(status).flatMap(UpgradeLine::fraction).orElse(0.0))
                / status.steps().size();
    }

    /** The step that is being taken, or taken back. */
    static Optional<StepStatus> current(UpgradeStatus status) {
        return status.steps().stream()
                .filter(step -> step.state() == StepState.RUNNING || step.state() == StepState.UNDOING)
                .findFirst();
    }

    private static String without(UpgradeStatus status) {
        return status.leftOut().isEmpty() ? "" : " without " + names(status.leftOut());
    }

    static String names(List<LeftOut> leftOut) {
        return leftOut.stream().map(LeftOut::node).collect(Collectors.joining(", "));
    }

    private static String wayBack(UpgradeStatus status) {
        return status.steps().stream()
                        .anyMatch(step -> step.output() instanceof StepOutput.MigratedDown down && down.kept())
                ? " with the data of " + status.to().version()
                : "";
    }

    private static String because(UpgradeStatus status) {
        UpgradeStatus.Failure failure = status.failure();
        return failure == null
                ? ""
                : ", because " + failure.step() + (failure.direction() == Direction.UNDO ? " (undo)" : "") + " failed: "
                        + failure.detail();
    }

    private static String outage(UpgradeStatus status) {
        return outageOf(status)
                .map(duration -> ", down for " + Format.duration(duration)
                        + (status.down().size() > 1 ? " in " + status.down().size() + " outages" : ""))
                .orElse("");
    }

    private static String activity(UpgradeStatus status) {
        return current(status)
                .map(StepStatus::progress)
                .map(progress -> "  " + progress.activity() + counted(progress))
                .orElse("");
    }

    private static String counted(Progress progress) {
        if (progress.done() == null || progress.unit() == null) {
            return "";
        }
        String total = progress.total() == null ? "" : " of " + amount(progress.unit(), progress.total());
        return " " + amount(progress.unit(), progress.done()) + total;
    }

    private static String amount(Progress.Unit unit, long count) {
        return switch (unit) {
            case BYTES -> ByteCount.text(count);
            case ROWS -> count + " rows";
            case PERCENT -> count + " %";
            case SECONDS -> count + " s";
        };
    }

    private static Optional<Double> fraction(StepStatus step) {
        Progress progress = step.progress();
        return progress == null || progress.done() == null || progress.total() == null || progress.total() == 0
                ? Optional.empty()
                : Optional.of(Math.min(1.0, (double) progress.done() / progress.total()));
    }
}
