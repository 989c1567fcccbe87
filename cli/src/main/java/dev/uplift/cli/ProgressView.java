/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import java.io.Console;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Shows upgrades as they change. On a terminal: one line per installation with a bar, painted anew in place.
 * Piped: one plain line per change, and one more after each half a minute without any. With JSON: one document per change.
 */
final class ProgressView {
    private static final int BAR_CELLS = 20;
    private static final int PAINTED_MAX = 20;
    private static final Duration SILENCE_MAX = Duration.ofSeconds(30);
    private static final String WRAP_OFF = "\033[?7l";
    private static final String WRAP_ON = "\033[?7h";

    private final Output output;
    private final boolean terminal;
    private final Map<UUID, Told> told = new HashMap<>();
    private int paintedLines;

    ProgressView(Output output, boolean terminal) {
        this.output = output;
        this.terminal = terminal && !output.json();
    }

    /** Whether standard output is a terminal on which lines can be painted anew. */
    @SuppressWarnings("SystemConsoleNull") // @Nullable by its annotation, whatever the JDK is
    static boolean onTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal() && !"dumb".equals(System.getenv("TERM"));
    }

    /** Shows what is new; {@code now}: for the time that those under way have taken. */
    void show(List<UpgradeStatus> statuses, Instant now) {
        if (terminal) {
            paint(statuses, now);
        } else {
            statuses.forEach(status -> tell(status, now));
        }
    }

    /** A line that is cut by the terminal and not wrapped is one line on the screen: only so the way back up is known. */
    private void paint(List<UpgradeStatus> statuses, Instant now) {
        int nameWidth = statuses.stream()
                .mapToInt(status -> status.installation().length())
                .max()
                .orElse(0);
        List<String> lines = new ArrayList<>();
        for (UpgradeStatus status : mostWanted(statuses)) {
            lines.add(line(status, nameWidth, now));
        }
        if (lines.size() < statuses.size()) {
            lines.add("... and " + (statuses.size() - lines.size()) + " more, "
                    + statuses.stream().filter(UpgradeLine::isLive).count() + " of all under way");
        }
        String back = paintedLines == 0 ? "" : "\033[" + paintedLines + "A\r\033[J";
        paintedLines = lines.size();
        output.line(WRAP_OFF + back + String.join(System.lineSeparator(), lines) + WRAP_ON);
    }

    /** As many as are painted: those under way before those that have ended, otherwise in the order given. */
    private static List<UpgradeStatus> mostWanted(List<UpgradeStatus> statuses) {
        return statuses.size() <= PAINTED_MAX
                ? statuses
                : statuses.stream()
                        .sorted(Comparator.comparing(status -> !UpgradeLine.isLive(status)))
                        .limit(PAINTED_MAX)
                        .toList();
    }

    private static String line(UpgradeStatus status, int nameWidth, Instant now) {
        int filled = status.state() == State.COMPLETED
                ? BAR_CELLS
                : Math.min(BAR_CELLS, (int) Math.round(BAR_CELLS * UpgradeLine.partDone(status)));
        Duration elapsed = Duration.between(
                status.startedAt(), Optional.ofNullable(status.endedAt()).orElse(now));
        return String.format(
                Locale.ROOT,
                "%-" + Math.max(1, nameWidth) + "s  %s  %8s  %s",
                status.installation(),
                "█".repeat(filled) + "░".repeat(BAR_CELLS - filled),
                Format.duration(elapsed.isNegative() ? Duration.ZERO : elapsed),
                UpgradeLine.describe(status));
    }

    private record Told(String change, Instant at) {}

    private void tell(UpgradeStatus status, Instant now) {
        String change = status.state() + "/" + status.step()
                + UpgradeLine.current(status).map(StepStatus::state).orElse(null);
        Told last = told.get(status.id());
        boolean changed = last == null || !last.change().equals(change);
        boolean silent = last != null
                && !output.json()
                && UpgradeLine.isLive(status)
                && !now.isBefore(last.at().plus(SILENCE_MAX));
        if (!changed && !silent) {
            return;
        }
        told.put(status.id(), new Told(change, now));
        if (output.json()) {
            output.json(status);
        } else {
            output.line(status.installation() + ": " + UpgradeLine.describe(status)
                    + (changed
                            ? ""
                            : ", for " + Format.duration(Duration.between(status.startedAt(), now)) + " in all"));
        }
    }
}
