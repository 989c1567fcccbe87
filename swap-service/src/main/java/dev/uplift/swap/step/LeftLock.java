/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A migration lock that a killed version left in the database. It is taken away by the application's own command before
 * the new version starts: nothing runs then, nobody has a session on the database, and the backup is proven.
 */
final class LeftLock {
    private static final Duration COMMAND_MAX = Duration.ofMinutes(5);

    private final StepWork work;

    LeftLock(StepWork work) {
        this.work = work;
    }

    /**
     * Takes the lock away, if one is held and the profile knows how.
     *
     * @throws StepFailure INTERFERED if somebody works on the database; EXITED if the lock stays
     */
    void release(Node node, ApplicationVersion version) throws IOException, InterruptedException, FencedException {
        Optional<List<String>> command = work.profile().releaseLocks();
        Optional<String> lock = command.isPresent() ? held() : Optional.empty();
        if (command.isEmpty() || lock.isEmpty()) {
            return;
        }
        work.requireNobody();
        work.run().progress(Progress.of("taking away the lock of a migration that was killed"));
        CommandEnd ended = node.commands().run(work.on(node), version, command.get(), COMMAND_MAX);
        if (held().isPresent()) {
            throw StepFailure.refused(
                    ErrorCode.EXITED,
                    lock.get() + " and stays after " + String.join(" ", command.get())
                            + (ended.succeeded() ? "" : ", which failed") + "; its last words: " + ended.output());
        }
    }

    /** Clears away what a try of {@link #release} that was broken off has left on a node: it is no start of it. */
    void clear(Node node) throws IOException, InterruptedException, FencedException {
        node.commands().clear(work.on(node), COMMAND_MAX);
    }

    /** A database that cannot be asked is no reason to fail here: the version that starts says what it finds. */
    private Optional<String> held() throws IOException {
        try {
            return work.database().migrationLock();
        } catch (SQLException e) {
            return Optional.empty();
        }
    }
}
