/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.Progress;
import dev.uplift.swap.node.AppDatabase;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalLong;

/** Signs that a start moves: the health endpoint's progress, the rows of the changelog, the growth of the log. */
final class Movement {
    private static final Duration CHANGELOG_POLL = Duration.ofSeconds(2);
    private static final int PERCENT = 100;

    private final AppDatabase database;
    private final NodeLog log;
    private final Duration progressDeadline;
    private Deadline overdue;
    private Deadline nextChangelog = Deadline.in(Duration.ZERO);
    private OptionalLong changelogRows = OptionalLong.empty();
    private String signs = "";

    Movement(AppDatabase database, NodeLog log, Duration progressDeadline) {
        this.database = database;
        this.log = log;
        this.progressDeadline = progressDeadline;
        this.overdue = Deadline.in(progressDeadline);
    }

    /** Looks at what there is now. */
    Progress update(NodeProbe.Health health) {
        if (nextChangelog.passed()) {
            changelogRows = changelogRows();
            nextChangelog = Deadline.in(CHANGELOG_POLL);
        }
        Progress progress = progress(health);
        String now = progress.done() + " " + changelogRows + " " + log.mark();
        if (!now.equals(signs)) {
            signs = now;
            overdue = Deadline.in(progressDeadline);
        }
        return progress;
    }

    /** Whether nothing has moved for the progress deadline. */
    boolean overdue() {
        return overdue.passed();
    }

    private Progress progress(NodeProbe.Health health) {
        String activity =
                changelogRows.isPresent() ? "starting, " + changelogRows.getAsLong() + " migrations done" : "starting";
        return switch (health) {
            case NodeProbe.Health.Starting(var told)
            when told.isPresent() ->
                Progress.of(
                        activity,
                        Progress.Unit.PERCENT,
                        Math.clamp(Math.round(told.getAsDouble() * PERCENT), 0, PERCENT),
                        PERCENT);
            case NodeProbe.Health.Starting _, NodeProbe.Health.Failing _, NodeProbe.Health.Healthy _ ->
                Progress.of(activity);
        };
    }

    /** A database that does not answer is no sign of anything: the others count. */
    private OptionalLong changelogRows() {
        try {
            return database.migrations();
        } catch (IOException | SQLException e) {
            return changelogRows;
        }
    }
}
