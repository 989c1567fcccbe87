/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.HostAwareness;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Watches all nodes that the upgrade goes on with until each has served without a break for the least healthy time, in
 * one and the same process. A break begins it anew; too many breaks, or one that lasts, fail it.
 *
 * <p>What has served and ended with its host is started again: it was not at fault, and going back would cost the rows
 * that it has taken. So is what a person stopped, once that person says to go on.
 */
final class SoakStep implements SwapStep {
    private static final Duration POLL = Duration.ofMillis(250);
    private static final int BREAKS_MAX = 3;

    @Override
    public StepOutcome run(StepWork work) throws Exception {
        List<NodeWatch> watches = new ArrayList<>();
        for (Node node : work.nodes()) {
            if (work.leftOut(node).isEmpty()) {
                bringBack(work, node);
                watches.add(new NodeWatch(work, node));
            }
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
                    throw StepFailure.refused(
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
            // Often enough to see a break, seldom enough to be no load on what is watched.
            Thread.sleep(POLL);
        }
    }

    private static void bringBack(StepWork work, Node node) throws Exception {
        Optional<SagaState> state = work.state(node);
        String started = state.map(SagaState::startedInstance).orElse(null);
        if (started == null || !node.instances().running().isEmpty()) {
            return;
        }
        Instance ended = new Instance(started, "what was started");
        if (HostAwareness.of(node).endedWithHost(state.get().startedIn())
                || (isAskedAgain(work) && node.instances().endedBy(ended).isPresent())) {
            Starting.migrated(work, node).serve(work.command().to(), work.targetSha256(node));
        }
    }

    /** A first attempt that finds a person at work parks; the next one is that person's will. */
    private static boolean isAskedAgain(StepWork work) {
        return work.command().attempt() > 1;
    }

    /** One node. */
    private static final class NodeWatch {
        private final StepWork work;
        private final Node node;
        private final ServingCheck check;
        private final Instance instance;
        private final @Nullable String startedIn;

        private NodeWatch(StepWork work, Node node) throws Exception {
            Optional<SagaState> state = work.state(node);
            @Nullable String started = state.map(SagaState::startedInstance).orElse(null);
            Optional<String> hostRun = HostAwareness.of(node).hostRun();
            Optional<Instance> running = work.onlyRunning(node);
            this.work = work;
            this.node = node;
            this.check = new ServingCheck(
                    work,
                    node,
                    work.version(work.command().to()),
                    state.map(SagaState::used).orElse(null));
            this.startedIn = (running.isPresent() ? hostRun : state.map(SagaState::startedIn)).orElse(null);
            this.instance = running.orElseGet(() -> new Instance(String.valueOf(started), "what was started"));
            if (running.isEmpty()
                    || (started != null && !running.get().identity().equals(started) && !isAskedAgain(work))) {
                throw gone(node.instances().running());
            }
            if (!node.instances().sha256(instance).equals(work.targetSha256(node))) {
                throw StepFailure.refused(
                        ErrorCode.IDENTITY, "another version runs in " + node.place() + " than was switched to");
            }
        }

        private Optional<String> problem() throws Exception {
            List<Instance> running = node.instances().running();
            if (running.size() != 1 || !running.getFirst().equals(instance)) {
                throw gone(running);
            }
            return check.problem(work.health(node));
        }

        private StepFailure gone(List<Instance> running) throws Exception {
            if (!running.isEmpty()) {
                return StepFailure.refused(
                        ErrorCode.INTERFERED,
                        Instance.names(running) + " runs in " + node.place() + ", started by "
                                + node.instances().startedBy(running.getFirst()) + " in place of what was started");
            }
            if (HostAwareness.of(node).endedWithHost(startedIn)) {
                return StepFailure.retryable(ErrorCode.UNHEALTHY, "the host of " + node.place() + " was started anew");
            }
            Optional<String> person = node.instances().endedBy(instance);
            if (person.isPresent()) {
                return StepFailure.refused(ErrorCode.INTERFERED, person.get());
            }
            return StepFailure.refused(
                    ErrorCode.UNHEALTHY,
                    "what was started has ended after it had served; its last words: "
                            + node.log().since("", work.profile().log().failed()));
        }
    }
}
