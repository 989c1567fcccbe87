package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.ProcessIdentity;
import dev.uplift.host.RunningProcess;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.LogTail;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Watches all nodes until each has served without a break for the least healthy time, in one and the
 * same process. A break begins it anew; too many breaks, or one that lasts, fail it.
 */
final class SoakStep implements SwapStep {
    private static final Duration POLL = Duration.ofMillis(250);
    private static final int BREAKS_MAX = 3;

    @Override
    public StepOutcome take(StepWork work) throws Exception {
        List<NodeWatch> watches = new ArrayList<>();
        for (ProcessNode node : work.nodes()) {
            watches.add(new NodeWatch(work, node));
        }
        Duration needed = work.command().limits().minHealthyTime();
        Deadline healthy = Deadline.in(needed);
        Deadline patience =
                Deadline.in(work.command().limits().progressDeadline().plus(needed));
        int breaks = 0;
        boolean broken = false;
        while (true) {
            work.run().checkCancelled();
            Optional<String> problem = Optional.empty();
            for (NodeWatch watch : watches) {
                problem = problem.isPresent() ? problem : watch.problem();
            }
            if (problem.isPresent()) {
                breaks += broken ? 0 : 1;
                if (breaks > BREAKS_MAX || patience.passed()) {
                    throw StepFailedException.refused(
                            ErrorCode.UNHEALTHY,
                            "it does not stay healthy, " + breaks + " break(s) in "
                                    + patience.elapsed().toSeconds() + " s: " + problem.get());
                }
            } else if (broken) {
                healthy = Deadline.in(needed);
            } else if (healthy.passed()) {
                return StepOutcome.done();
            }
            broken = problem.isPresent();
            work.run()
                    .progress(
                            broken
                                    ? Progress.of("waiting for it to become healthy again")
                                    : Progress.of(
                                            "staying healthy",
                                            Progress.Unit.SECONDS,
                                            healthy.elapsed().toSeconds(),
                                            needed.toSeconds()));
            Thread.sleep(POLL);
        }
    }

    /** One node. */
    private static final class NodeWatch {
        private final StepWork work;
        private final ProcessNode node;
        private final ServingCheck check;
        private final ProcessIdentity process;

        private NodeWatch(StepWork work, ProcessNode node) throws Exception {
            Optional<SagaState> state = work.state(node);
            @Nullable ProcessIdentity started = state.map(SagaState::started).orElse(null);
            Optional<RunningProcess> running = node.onlyRunning();
            this.work = work;
            this.node = node;
            this.check = new ServingCheck(
                    work,
                    node,
                    work.version(work.command().to()),
                    state.map(SagaState::used).orElse(null));
            this.process = started != null
                    ? started
                    : running.map(RunningProcess::identity).orElseThrow(() -> gone(List.of()));
            if (running.isPresent()
                    && running.get().identity().equals(process)
                    && !node.runningSha256(running.get()).equals(work.targetSha256())) {
                throw StepFailedException.refused(
                        ErrorCode.IDENTITY,
                        "another JAR runs in " + node.directory() + " than the one it was switched to");
            }
        }

        private Optional<String> problem() throws Exception {
            List<RunningProcess> running = node.running();
            boolean only = running.size() == 1 && running.getFirst().identity().equals(process);
            if (!only) {
                throw gone(running);
            }
            return check.problem(work.probe().health(work.profile(), node.answersAt()));
        }

        private StepFailedException gone(List<RunningProcess> running) {
            String others = ProcessNode.pids(running);
            return StepFailedException.refused(
                    ErrorCode.UNHEALTHY,
                    "the process that was started has ended after it had served"
                            + (others.isEmpty() ? "" : ", and process " + others + " runs in its place")
                            + lastWords());
        }

        private String lastWords() {
            try {
                return "; its last words: "
                        + LogTail.since(
                                node.host(),
                                node.launch(),
                                0,
                                work.profile().log().failed());
            } catch (Exception e) {
                return "";
            }
        }
    }
}
