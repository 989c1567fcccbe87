package dev.uplift.cli;

import dev.uplift.contract.Direction;
import dev.uplift.contract.Progress;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import java.io.Console;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * Follows upgrades until each is final or parked. On a terminal: one line per installation with a bar, painted anew
 * in place. Piped: one plain line per change. With JSON: one document per change.
 */
final class ProgressView {
    private static final Duration REFRESH = Duration.ofMillis(300);
    private static final int BAR_CELLS = 20;

    private final Api api;
    private final Output output;
    private final boolean terminal;
    private final Map<UUID, String> told = new HashMap<>();
    private int paintedLines;

    ProgressView(Api api, Output output, boolean terminal) {
        this.api = api;
        this.output = output;
        this.terminal = terminal && !output.json();
    }

    /** Whether standard output is a terminal. */
    @SuppressWarnings("SystemConsoleNull") // @Nullable by its annotation, whatever the JDK is
    static boolean onTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Returns the last status of each, in the order given. */
    List<UpgradeStatus> follow(List<UUID> ids) {
        Map<UUID, UpgradeStatus> latest = new LinkedHashMap<>();
        boolean live = true;
        while (live) {
            for (UUID id : ids) {
                UpgradeStatus known = latest.get(id);
                if (known == null || isLive(known)) {
                    latest.put(id, api.upgrade(id));
                }
            }
            show(List.copyOf(latest.values()));
            live = latest.values().stream().anyMatch(ProgressView::isLive);
            if (live) {
                pause();
            }
        }
        return List.copyOf(latest.values());
    }

    private static boolean isLive(UpgradeStatus status) {
        return !status.state().isFinal() && status.state() != State.PARKED;
    }

    private void show(List<UpgradeStatus> statuses) {
        if (terminal) {
            paint(statuses);
        } else {
            for (UpgradeStatus status : statuses) {
                tell(status);
            }
        }
    }

    private void paint(List<UpgradeStatus> statuses) {
        int nameWidth = statuses.stream()
                .mapToInt(status -> status.installation().length())
                .max()
                .orElse(0);
        StringBuilder screen = new StringBuilder();
        if (paintedLines > 0) {
            screen.append("\033[").append(paintedLines).append("A\r\033[J");
        }
        List<String> lines = new ArrayList<>();
        for (UpgradeStatus status : statuses) {
            lines.add(line(status, nameWidth));
        }
        paintedLines = lines.size();
        output.line(screen + String.join(System.lineSeparator(), lines));
    }

    private static String line(UpgradeStatus status, int nameWidth) {
        long done = status.steps().stream()
                .filter(step -> step.state() == StepState.DONE)
                .count();
        double part = done + current(status).flatMap(ProgressView::fraction).orElse(0.0);
        int filled = status.steps().isEmpty()
                ? 0
                : (int) Math.round(BAR_CELLS * part / status.steps().size());
        Duration elapsed = Duration.between(
                status.startedAt(), Optional.ofNullable(status.endedAt()).orElseGet(Instant::now));
        String bar = status.state() == State.COMPLETED
                ? "█".repeat(BAR_CELLS)
                : "█".repeat(Math.min(filled, BAR_CELLS)) + "░".repeat(BAR_CELLS - Math.min(filled, BAR_CELLS));
        String line = String.format(
                Locale.ROOT,
                "%-" + Math.max(1, nameWidth) + "s  %s  %8s  %s",
                status.installation(),
                bar,
                Format.duration(elapsed.isNegative() ? Duration.ZERO : elapsed),
                describe(status));
        return line.length() > 150 ? line.substring(0, 149) + "…" : line;
    }

    private void tell(UpgradeStatus status) {
        String description = describe(status);
        String coarse = status.state() + "/" + status.step()
                + current(status).map(StepStatus::state).orElse(null);
        if (Objects.equals(told.put(status.id(), coarse), coarse)) {
            return;
        }
        if (output.json()) {
            output.json(status);
        } else {
            output.line(status.installation() + ": " + description);
        }
    }

    /** One line on where it is. */
    static String describe(UpgradeStatus status) {
        return switch (status.state()) {
            case RUNNING -> status.step() + activity(status);
            case ROLLING_BACK -> "rolling back: " + status.step() + activity(status);
            case COMPLETED -> "COMPLETED, " + status.to().version() + outage(status);
            case ROLLED_BACK -> "ROLLED_BACK to " + status.from().version() + outage(status) + because(status);
            case PARKED ->
                "PARKED at " + status.step() + because(status) + "; see `uplift status " + status.installation() + "`";
        };
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
                .map(duration -> ", down for " + Format.duration(duration))
                .orElse("");
    }

    /** From the first failed request to the first good one; empty if nothing was down, or still is. */
    static Optional<Duration> outageOf(UpgradeStatus status) {
        return status.outageBeganAt() == null || status.outageEndedAt() == null
                ? Optional.empty()
                : Optional.of(Duration.between(status.outageBeganAt(), status.outageEndedAt()));
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
            case BYTES -> Format.bytes(count);
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

    private static Optional<StepStatus> current(UpgradeStatus status) {
        return status.steps().stream()
                .filter(step -> step.state() == StepState.RUNNING || step.state() == StepState.UNDOING)
                .findFirst();
    }

    private static void pause() {
        try {
            Thread.sleep(REFRESH);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException(
                    ExitCode.FAILED, "interrupted; the upgrade goes on, `uplift watch` follows it");
        }
    }

    /** The exit code that those ends ask for: parked outweighs rolled back. */
    static int exitCode(List<UpgradeStatus> ended) {
        if (ended.stream().anyMatch(status -> status.state() == State.PARKED)) {
            return ExitCode.PARKED;
        }
        return ended.stream().allMatch(status -> status.state() == State.COMPLETED) ? ExitCode.OK : ExitCode.FAILED;
    }
}
