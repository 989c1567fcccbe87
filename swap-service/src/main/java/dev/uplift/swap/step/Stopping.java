/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Stops a node and proves it.
 *
 * <ol>
 *   <li>Each process is asked to end, and has the grace for it: an application may be giving back its
 *       migration lock.
 *   <li>One that is still there is ended, once. Its migration lock may stay behind. That is no harm in a
 *       halt of a new version that reached the database, because the database is put back afterwards;
 *       after a stop of the old version it is taken away before the new one starts ({@link LeftLock}).
 *   <li>Proof: no process of the node, its port closed, nobody on its database, twice in a row. A process
 *       that appears meanwhile was started by somebody else.
 * </ol>
 */
final class Stopping {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration KILL_WAIT = Duration.ofSeconds(15);
    private static final Duration PROOF_WAIT = Duration.ofSeconds(20);
    private static final Duration QUIET = Duration.ofMillis(300);

    private final StepWork work;
    private final Node node;

    Stopping(StepWork work, Node node) {
        this.work = work;
        this.node = node;
    }

    /** Is told again and again while a node ends. */
    @FunctionalInterface
    interface Watch {
        void look() throws InterruptedException;
    }

    /** Ends all processes of the node. */
    void end(SwapEffect terminate, SwapEffect kill, Watch watch)
            throws IOException, InterruptedException, FencedException {
        List<Instance> running = node.instances().running();
        if (running.isEmpty()) {
            return;
        }
        Set<Instance> known = new HashSet<>();
        known.addAll(running);
        node.instances().terminate(work.on(node), terminate, running);
        Duration grace =
                max(work.command().limits().stopGrace(), work.profile().stop().grace());
        if (awaitEnd(known, grace, "waiting for it to stop", watch)) {
            return;
        }
        node.instances().kill(work.on(node), kill, node.instances().running());
        if (!awaitEnd(known, KILL_WAIT, "waiting for it to end after it was killed", watch)) {
            throw StepFailure.retryable(
                    ErrorCode.STILL_RUNNING,
                    Instance.names(node.instances().running()) + " in " + node.place()
                            + " does not end, not even killed");
        }
    }

    /** Proves that nothing of the node runs any more. */
    void prove(boolean withDatabase) throws InterruptedException, IOException {
        Deadline deadline = Deadline.in(PROOF_WAIT);
        Optional<String> problem = problem(withDatabase);
        int quiet = problem.isEmpty() ? 1 : 0;
        while (quiet < 2) {
            if (problem.isPresent() && deadline.passed()) {
                throw StepFailure.retryable(ErrorCode.STILL_RUNNING, problem.get());
            }
            work.run().progress(Progress.of("proving that it stopped"));
            // Two looks at one moment would be one: what somebody starts again shows only after a while.
            Thread.sleep(problem.isPresent() ? POLL : QUIET);
            problem = problem(withDatabase);
            quiet = problem.isEmpty() ? quiet + 1 : 0;
        }
    }

    private boolean awaitEnd(Set<Instance> known, Duration atMost, String activity, Watch watch)
            throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(atMost);
        while (true) {
            List<Instance> running = node.instances().running();
            if (running.isEmpty()) {
                watch.look();
                return true;
            }
            for (Instance instance : running) {
                if (!known.contains(instance)) {
                    throw interfered(instance);
                }
            }
            if (deadline.passed()) {
                return false;
            }
            work.run()
                    .progress(Progress.of(
                            activity, Progress.Unit.SECONDS, deadline.elapsed().toSeconds(), atMost.toSeconds()));
            watch.look();
            // What runs is nobody's child here, if it is on this machine at all: its end can only be looked for.
            Thread.sleep(POLL);
        }
    }

    private Optional<String> problem(boolean withDatabase) throws IOException, InterruptedException {
        List<Instance> running = node.instances().running();
        if (!running.isEmpty()) {
            throw interfered(running.getFirst());
        }
        Optional<String> remains = node.instances().remains();
        if (remains.isPresent()) {
            return remains;
        }
        try {
            return withDatabase ? work.database().users() : Optional.empty();
        } catch (SQLException e) {
            throw work.unasked("whether it is in use", e);
        }
    }

    private StepFailure interfered(Instance instance) throws IOException {
        return StepFailure.refused(
                ErrorCode.INTERFERED,
                instance + " was started in " + node.place() + " by "
                        + node.instances().startedBy(instance)
                        + " while it was being stopped; turn off what starts it");
    }

    private static Duration max(Duration left, Duration right) {
        return left.compareTo(right) >= 0 ? left : right;
    }
}
