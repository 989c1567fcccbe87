/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Brings the data back by the new version's own command, on the first node, so that what the new version has taken in
 * stays. The old version is in place again, and what there is has been backed up.
 *
 * <ol>
 *   <li>Nothing runs, and nobody works on the database.
 *   <li>The command runs, in the node's own environment and directory and as its user. That it ends well is no proof.
 *   <li>The data are of the old version's major, where they can be asked.
 *   <li>The old version starts on them and serves: it stays up, and the data are kept.
 * </ol>
 *
 * <p>Whatever of this does not hold, the old version is ended and nothing is kept: the backup is restored. That costs no
 * more than a rollback without this step. Run again, it does all of it again: the command does nothing to data that are
 * down already. Only a start of the old version that was written down is gone on with.
 */
final class MigrateDownStep implements SwapStep {
    private static final Duration POLL = Duration.ofMillis(200);

    @Override
    public StepOutcome run(StepWork work) throws Exception {
        MigratedData migrated = work.command().migrated();
        if (migrated == null || !migrated.served()) {
            return restore("the new version has not served: the backup has all data");
        }
        if (migrated.backup() == null) {
            return restore("no backup could be taken of what the new version made of the data");
        }
        Node node = work.first();
        try {
            Optional<String> problem = startedBefore(work, node) ? Optional.empty() : migrate(work, node);
            if (problem.isPresent()) {
                return restore(problem.get());
            }
            Starting.resuming(work, node)
                    .serve(
                            work.command().from(),
                            work.command().from().sha256(node.spec()).orElse(null));
        } catch (StepFailure e) {
            return switch (e.code()) {
                case EXITED, NO_PROGRESS, UNHEALTHY, IDENTITY -> {
                    end(work, node);
                    yield restore(work.command().from().version()
                            + " does not serve on the data that were migrated down: " + e.detail());
                }
                case HOST_UNEXPECTED, INVALID -> {
                    end(work, node);
                    yield restore("the data could not be migrated down: " + e.detail());
                }
                default -> throw e;
            };
        }
        return StepOutcome.done(new StepOutput.MigratedDown(
                true, "the data were migrated down by " + work.command().to().version() + " and kept"));
    }

    private static StepOutcome restore(String why) {
        return StepOutcome.done(new StepOutput.MigratedDown(false, why));
    }

    /** Whether the old version runs because an earlier try of this step has come so far. */
    private static boolean startedBefore(StepWork work, Node node) throws IOException, InterruptedException {
        @Nullable
        String started = work.state(node).map(SagaState::startedInstance).orElse(null);
        List<Instance> running = node.instances().running();
        return running.size() == 1
                && running.getFirst().identity().equals(started)
                && work.command()
                        .from()
                        .sha256(node.spec())
                        .equals(Optional.of(node.instances().sha256(running.getFirst())));
    }

    /** Migrates down; what keeps the old version from being started on the data, if anything does. */
    private static Optional<String> migrate(StepWork work, Node node)
            throws IOException, InterruptedException, FencedException {
        List<String> command = work.profile()
                .migrateDown()
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.INVALID,
                        "the profile " + work.profile().name() + " here has no command migrate-down"));
        Release to = work.command().to();
        Duration atMost = work.command().limits().healthyDeadline();
        node.commands().clear(work.on(node), atMost);
        awaitEarlierTry(work, node, atMost);
        end(work, node);
        work.requireNobody();
        work.run().progress(Progress.of("migrating the data down"));
        CommandEnd ended = node.commands().run(work.on(node), work.version(to), command, atMost);
        if (!ended.succeeded()) {
            return Optional.of(
                    String.join(" ", command) + " of " + to.version() + " failed; its last words: " + ended.output());
        }
        return wrongMajor(work);
    }

    /** A process that a worker left behind when it was killed is not broken off in the middle of what it migrates. */
    private static void awaitEarlierTry(StepWork work, Node node, Duration atMost)
            throws IOException, InterruptedException {
        Optional<String> target = work.knownTarget(node);
        Deadline deadline = Deadline.in(atMost);
        while (!deadline.passed() && anyRuns(node, target)) {
            work.run().checkCancelled();
            work.run().progress(Progress.of("waiting for a migration that is under way"));
            // Nobody's child here: its end can only be looked for.
            Thread.sleep(POLL);
        }
    }

    private static boolean anyRuns(Node node, Optional<String> sha256) throws IOException, InterruptedException {
        for (Instance instance : node.instances().running()) {
            if (sha256.equals(Optional.of(node.instances().sha256(instance)))) {
                return true;
            }
        }
        return false;
    }

    private static Optional<String> wrongMajor(StepWork work) throws IOException {
        try {
            OptionalInt found = work.database().dataMajor();
            int expected = work.version(work.command().from()).major();
            return found.isEmpty() || found.getAsInt() == expected
                    ? Optional.empty()
                    : Optional.of("the data are of major " + found.getAsInt()
                            + " after they were migrated down, not of " + expected);
        } catch (SQLException e) {
            throw work.unasked("of which major its data are", e);
        }
    }

    private static void end(StepWork work, Node node) throws IOException, InterruptedException, FencedException {
        Stopping stopping = new Stopping(work, node);
        stopping.end(SwapEffect.HALT_TERMINATE, SwapEffect.HALT_KILL, () -> {});
        stopping.prove(true);
    }
}
