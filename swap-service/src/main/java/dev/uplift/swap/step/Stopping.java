package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.FencedException;
import dev.uplift.host.ProcessIdentity;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Signal;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.ProcessNode;
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
 *       after a stop of the old version the new one's start fails on the lock and is rolled back.
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
    private final ProcessNode node;

    Stopping(StepWork work, ProcessNode node) {
        this.work = work;
        this.node = node;
    }

    /** Is told again and again while a node ends. */
    @FunctionalInterface
    interface Watch {
        void look() throws IOException, InterruptedException;
    }

    /** Ends all processes of the node. */
    void end(SwapEffect terminate, SwapEffect kill, Watch watch)
            throws IOException, InterruptedException, FencedException, StepFailedException {
        List<RunningProcess> running = node.running();
        if (running.isEmpty()) {
            return;
        }
        Set<ProcessIdentity> known = new HashSet<>();
        running.forEach(process -> known.add(process.identity()));
        signal(running, Signal.TERM, terminate);
        Duration grace =
                max(work.command().limits().stopGrace(), work.profile().stop().grace());
        if (awaitEnd(known, grace, "waiting for it to stop", watch)) {
            return;
        }
        signal(node.running(), Signal.KILL, kill);
        if (!awaitEnd(known, KILL_WAIT, "waiting for it to end after it was killed", watch)) {
            throw StepFailedException.retryable(
                    ErrorCode.STILL_RUNNING,
                    "process " + ProcessNode.pids(node.running()) + " in " + node.directory()
                            + " does not end, not even killed");
        }
    }

    /** Proves that nothing of the node runs any more. */
    void prove(boolean withDatabase) throws InterruptedException, StepFailedException, IOException {
        Deadline deadline = Deadline.in(PROOF_WAIT);
        Optional<String> problem = problem(withDatabase);
        int quiet = problem.isEmpty() ? 1 : 0;
        while (quiet < 2) {
            if (problem.isPresent() && deadline.passed()) {
                throw StepFailedException.retryable(ErrorCode.STILL_RUNNING, problem.get());
            }
            work.run().progress(Progress.of("proving that it stopped"));
            Thread.sleep(problem.isPresent() ? POLL : QUIET);
            problem = problem(withDatabase);
            quiet = problem.isEmpty() ? quiet + 1 : 0;
        }
    }

    private void signal(List<RunningProcess> processes, Signal signal, SwapEffect effect)
            throws IOException, InterruptedException, FencedException {
        work.take(node, effect, held -> {
            for (RunningProcess process : processes) {
                held.signal(process.identity(), signal);
            }
            return processes;
        });
    }

    private boolean awaitEnd(Set<ProcessIdentity> known, Duration atMost, String activity, Watch watch)
            throws IOException, InterruptedException, StepFailedException {
        Deadline deadline = Deadline.in(atMost);
        while (true) {
            List<RunningProcess> running = node.running();
            if (running.isEmpty()) {
                watch.look();
                return true;
            }
            for (RunningProcess process : running) {
                if (!known.contains(process.identity())) {
                    throw interfered(process);
                }
            }
            if (deadline.passed()) {
                return false;
            }
            work.run()
                    .progress(Progress.of(
                            activity, Progress.Unit.SECONDS, deadline.elapsed().toSeconds(), atMost.toSeconds()));
            watch.look();
            Thread.sleep(POLL);
        }
    }

    private Optional<String> problem(boolean withDatabase) throws StepFailedException, IOException {
        List<RunningProcess> running = node.running();
        if (!running.isEmpty()) {
            throw interfered(running.getFirst());
        }
        if (node.host().processes().isListenedOn(node.port())) {
            List<RunningProcess> holders = node.host().processes().listeningOn(node.port());
            return Optional.of("port " + node.port() + " is still listened on by "
                    + (holders.isEmpty() ? "somebody" : "process " + ProcessNode.pids(holders)));
        }
        try {
            return withDatabase ? work.database().users() : Optional.empty();
        } catch (SQLException e) {
            throw StepFailedException.retryable(
                    ErrorCode.DATABASE_UNAVAILABLE,
                    "the application's database cannot be asked whether it is in use (SQL state " + e.getSQLState()
                            + ")");
        }
    }

    private StepFailedException interfered(RunningProcess process) {
        return StepFailedException.refused(
                ErrorCode.INTERFERED,
                "process " + process.pid() + " was started in " + node.directory() + " by process "
                        + process.parentPid() + " while it was being stopped; turn off what starts it");
    }

    private static Duration max(Duration left, Duration right) {
        return left.compareTo(right) >= 0 ? left : right;
    }
}
