/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.HostAwareness;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Starts the version that is in a node's place, once, and waits until it serves.
 *
 * <p>There is no fixed time for a migration: the start fails when nothing has moved for the progress
 * deadline, neither the progress that the health endpoint tells, nor the rows of the changelog, nor the
 * log. It is not killed here.
 */
final class Starting {
    private static final Duration POLL = Duration.ofMillis(100);

    private final StepWork work;
    private final Node node;
    private final HostAwareness host;
    private final SwapEffect start;
    private final SwapEffect record;
    private final SwapEffect serving;
    private final boolean once;

    private Starting(StepWork work, Node node, SwapEffect start, SwapEffect record, SwapEffect serving, boolean once) {
        this.work = work;
        this.node = node;
        this.host = HostAwareness.of(node);
        this.start = start;
        this.record = record;
        this.serving = serving;
        this.once = once;
    }

    /** The new version's first start. It is not started a second time if it has ended: it may have migrated half way. */
    static Starting pivot(StepWork work, Node node) {
        return new Starting(
                work, node, SwapEffect.START_START, SwapEffect.START_RECORD, SwapEffect.START_SERVING, true);
    }

    /** On a database that has been migrated: another node, or one that had served and has ended since. */
    static Starting migrated(StepWork work, Node node) {
        return new Starting(
                work, node, SwapEffect.SCALE_START, SwapEffect.SCALE_RECORD, SwapEffect.SCALE_SERVING, false);
    }

    /** The version that was stopped. */
    static Starting resuming(StepWork work, Node node) {
        return new Starting(
                work, node, SwapEffect.RESUME_START, SwapEffect.RESUME_RECORD, SwapEffect.RESUME_SERVING, false);
    }

    /** That it serves, and since when. */
    record Served(String version, Instant since) {}

    /**
     * Makes the node run and serve this release.
     *
     * @param sha256 of the JAR or image that has to be in place; absent: whatever is
     * @throws StepFailure if it cannot be started, ends, makes no progress, or is something else
     */
    Served serve(Release release, @Nullable String sha256) throws Exception {
        try {
            return served(release, sha256);
        } catch (StepFailure e) {
            throw work.isCluster() ? e.of(node.spec().name()) : e;
        }
    }

    /** The same; a failure does not tell which of several nodes it is about. */
    Served served(Release release, @Nullable String sha256) throws Exception {
        ApplicationVersion version = work.version(release);
        SagaState state = work.state(node)
                .orElseGet(() -> SagaState.stopping(
                        work.command().installation().id(), work.command().sagaId(), null, work.now()));
        NodeLog log = node.log();
        String begin = log.mark();
        if (once) {
            new LeftLock(work).clear(node);
        }
        Optional<String> hostRun = host.hostRun();
        Optional<Instance> running = work.onlyRunning(node);
        Instance instance;
        if (running.isPresent()) {
            instance = running.get();
            requireOwn(instance);
            requireSha256(node.instances().sha256(instance), sha256, ErrorCode.INTERFERED, "runs");
        } else {
            if (once && hasStarted(state)) {
                throw host.endedWithHost(state.startedIn()) ? endedWithHost() : exited(log, "");
            }
            requireSha256(node.inPlace().sha256(), sha256, ErrorCode.HOST_UNEXPECTED, "is in place");
            if (once) {
                new LeftLock(work).release(node, version);
                state = intending(state, hostRun);
            }
            work.run().progress(Progress.of("starting"));
            instance = node.start(work.on(node), start, version).orElseThrow(() -> exited(log, begin));
        }
        if (!instance.identity().equals(state.startedInstance())) {
            state = work.remember(node, record, state.withStarted(instance, runOf(instance, hostRun), work.occasion()));
        }
        awaitServing(instance, version, state, log, begin);
        if (state.servingAt() == null) {
            state = work.remember(node, serving, state.withServingAt(work.now()));
        }
        Instant since = state.servingAt();
        return new Served(version.text(), since == null ? work.now() : since);
    }

    /** Whether this start has been made, by this attempt or by one that lost its host before it could write that down. */
    private boolean hasStarted(SagaState state) throws IOException, InterruptedException {
        return work.occasion().equals(state.startedBy())
                && (state.startedInstance() != null || !host.lastStart().equals(state.startFollows()));
    }

    private SagaState intending(SagaState state, Optional<String> hostRun)
            throws IOException, InterruptedException, FencedException {
        return work.occasion().equals(state.startedBy())
                ? state
                : work.remember(
                        node, SwapEffect.START_INTENT, state.withStarting(hostRun, work.occasion(), host.lastStart()));
    }

    /** The host may have been started anew since {@code before}: what has ended by now may have ended with it. */
    private Optional<String> runOf(Instance instance, Optional<String> before)
            throws IOException, InterruptedException {
        Optional<String> present = host.hostRun();
        return node.instances().runs(instance) ? present : before;
    }

    private void awaitServing(Instance instance, ApplicationVersion version, SagaState state, NodeLog log, String begin)
            throws Exception {
        Deadline healthyDeadline = Deadline.in(work.command().limits().healthyDeadline());
        Movement movement =
                new Movement(work.database(), log, work.command().limits().progressDeadline());
        ServingCheck check = new ServingCheck(work, node, version, state.used());
        while (true) {
            work.run().checkCancelled();
            if (!node.instances().runs(instance)) {
                requireNobodyElse(instance);
                throw host.endedWithHost(state.startedIn()) ? endedWithHost() : exited(log, begin);
            }
            NodeProbe.Health health = work.health(node);
            Optional<String> problem = check.problem(health);
            if (problem.isEmpty()) {
                return;
            }
            work.run().progress(movement.update(health));
            if (movement.overdue()) {
                throw StepFailure.refused(
                        ErrorCode.NO_PROGRESS,
                        "nothing has moved for " + work.command().limits().progressDeadline() + ": " + problem.get()
                                + "; " + tail(log, begin));
            }
            if (healthyDeadline.passed()) {
                throw StepFailure.refused(
                        ErrorCode.UNHEALTHY,
                        "not healthy after " + work.command().limits().healthyDeadline() + ": " + problem.get());
            }
            // Applications do not tell when they serve: they are asked.
            Thread.sleep(POLL);
        }
    }

    private void requireOwn(Instance instance) throws IOException {
        if (host.isStray(instance)) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    instance + " was started in " + node.place() + " by "
                            + node.instances().startedBy(instance) + ", which is somebody else; stop it");
        }
    }

    private void requireNobodyElse(Instance instance) throws IOException, InterruptedException {
        List<Instance> others = node.instances().running();
        if (!others.isEmpty()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    instance + " ended and " + Instance.names(others) + " was started in its place by somebody else");
        }
        Optional<String> person = node.instances().endedBy(instance);
        if (person.isPresent()) {
            throw StepFailure.refused(ErrorCode.INTERFERED, person.get());
        }
    }

    private void requireSha256(String found, @Nullable String expected, ErrorCode code, String where) {
        if (expected != null && !found.equals(expected)) {
            throw StepFailure.refused(
                    code,
                    "another version " + where + " in " + node.place() + ": SHA-256 " + found + ", expected is "
                            + expected);
        }
    }

    /** Nobody knows how far a migration has come: the pivot is not tried again. */
    private StepFailure endedWithHost() {
        String detail = "the host of " + node.place() + " was started anew while it started";
        return once ? StepFailure.refused(ErrorCode.EXITED, detail) : StepFailure.retryable(ErrorCode.EXITED, detail);
    }

    private StepFailure exited(NodeLog log, String begin) {
        return StepFailure.refused(ErrorCode.EXITED, "it ended while it started; its last words: " + tail(log, begin));
    }

    private String tail(NodeLog log, String begin) {
        return log.since(begin, work.profile().log().failed());
    }
}
