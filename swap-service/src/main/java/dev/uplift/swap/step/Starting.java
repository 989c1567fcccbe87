package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.host.FencedException;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.JavaPrograms;
import dev.uplift.swap.node.LogTail;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
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
    private static final Duration PORT_WAIT = Duration.ofSeconds(5);

    private final StepWork work;
    private final ProcessNode node;
    private final SwapEffect start;
    private final SwapEffect record;
    private final SwapEffect serving;
    private final boolean once;

    private Starting(
            StepWork work, ProcessNode node, SwapEffect start, SwapEffect record, SwapEffect serving, boolean once) {
        this.work = work;
        this.node = node;
        this.start = start;
        this.record = record;
        this.serving = serving;
        this.once = once;
    }

    /** The new version's first start. It is not started a second time if it has ended: it may have migrated half way. */
    static Starting pivot(StepWork work, ProcessNode node) {
        return new Starting(
                work, node, SwapEffect.START_START, SwapEffect.START_RECORD, SwapEffect.START_SERVING, true);
    }

    /** Another node on the migrated database. */
    static Starting scaling(StepWork work, ProcessNode node) {
        return new Starting(
                work, node, SwapEffect.SCALE_START, SwapEffect.SCALE_RECORD, SwapEffect.SCALE_SERVING, false);
    }

    /** The version that was stopped. */
    static Starting resuming(StepWork work, ProcessNode node) {
        return new Starting(
                work, node, SwapEffect.RESUME_START, SwapEffect.RESUME_RECORD, SwapEffect.RESUME_SERVING, false);
    }

    /** That it serves, and since when. */
    record Served(String version, Instant since) {}

    /**
     * Makes the node run and serve this release.
     *
     * @param sha256 of the JAR that has to be in place; absent: whatever is
     * @throws StepFailedException if it cannot be started, ends, makes no progress, or is something else
     */
    Served serve(Release release, @Nullable String sha256) throws Exception {
        ApplicationVersion version = work.version(release);
        Launch launch = node.launch();
        SagaState state = work.state(node)
                .orElseGet(() -> SagaState.stopping(
                        work.command().installation().id(), work.command().sagaId(), null, Instant.now()));
        long logBytes = LogTail.size(node.host(), launch);
        Optional<RunningProcess> running = node.onlyRunning();
        RunningProcess process;
        if (running.isPresent()) {
            process = running.get();
            requireSha256(node.runningSha256(process), sha256, ErrorCode.INTERFERED, "runs");
        } else {
            if (once && work.command().commandId().equals(state.startedBy())) {
                throw exited(launch, 0);
            }
            requireSha256(node.layout().sha256InPlace(), sha256, ErrorCode.HOST_UNEXPECTED, "is in place");
            awaitPort();
            process = launch(launch.withArgv(commandLine(launch, version)), logBytes);
        }
        if (!process.identity().equals(state.started())) {
            state = work.remember(
                    node,
                    record,
                    state.withStarted(process.identity(), work.command().commandId()));
        }
        awaitServing(launch, process, version, state, logBytes);
        if (state.servingAt() == null) {
            state = work.remember(node, serving, state.withServingAt(Instant.now()));
        }
        Instant since = state.servingAt();
        return new Served(version.text(), since == null ? Instant.now() : since);
    }

    private RunningProcess launch(Launch launch, long logBytes)
            throws IOException, InterruptedException, FencedException, StepFailedException {
        work.run().progress(Progress.of("starting"));
        return work.take(node, start, held -> held.start(launch)).orElseThrow(() -> exited(launch, logBytes));
    }

    private List<String> commandLine(Launch launch, ApplicationVersion version)
            throws InterruptedException, StepFailedException {
        return JavaPrograms.commandLine(node.host(), launch, work.profile().javaRequirement(version))
                .orElseThrow(() -> StepFailedException.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        version + " needs " + work.profile().javaRequirement(version)
                                + ", which is not installed on this host"));
    }

    private void awaitPort() throws IOException, InterruptedException, StepFailedException {
        Deadline deadline = Deadline.in(PORT_WAIT);
        while (node.host().processes().isListenedOn(node.port())) {
            if (deadline.passed()) {
                List<RunningProcess> holders = node.host().processes().listeningOn(node.port());
                throw StepFailedException.retryable(
                        ErrorCode.HOST_UNEXPECTED,
                        "port " + node.port() + " is held by "
                                + (holders.isEmpty() ? "somebody else" : "process " + ProcessNode.pids(holders)));
            }
            Thread.sleep(POLL);
        }
    }

    private void awaitServing(
            Launch launch, RunningProcess process, ApplicationVersion version, SagaState state, long logBytes)
            throws Exception {
        Deadline healthyDeadline = Deadline.in(work.command().limits().healthyDeadline());
        Movement movement = new Movement(
                node.host(), work.database(), launch, work.command().limits().progressDeadline());
        ServingCheck check = new ServingCheck(work, node, version, state.used());
        while (true) {
            work.run().checkCancelled();
            if (!node.host().processes().runs(process.identity())) {
                requireNobodyElse(process);
                throw exited(launch, logBytes);
            }
            NodeProbe.Health health = work.probe().health(work.profile(), node.answersAt());
            Optional<String> problem = check.problem(health);
            if (problem.isEmpty()) {
                return;
            }
            work.run().progress(movement.seen(health));
            if (movement.overdue()) {
                throw StepFailedException.refused(
                        ErrorCode.NO_PROGRESS,
                        "nothing has moved for " + work.command().limits().progressDeadline() + ": " + problem.get()
                                + "; " + tail(launch, logBytes));
            }
            if (healthyDeadline.passed()) {
                throw StepFailedException.refused(
                        ErrorCode.UNHEALTHY,
                        "not healthy after " + work.command().limits().healthyDeadline() + ": " + problem.get());
            }
            Thread.sleep(POLL);
        }
    }

    private void requireNobodyElse(RunningProcess process) throws IOException, StepFailedException {
        List<RunningProcess> others = node.running();
        if (!others.isEmpty()) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    "process " + process.pid() + " ended and process " + ProcessNode.pids(others)
                            + " was started in its place by somebody else");
        }
    }

    private void requireSha256(String found, @Nullable String expected, ErrorCode code, String where)
            throws StepFailedException {
        if (expected != null && !found.equals(expected)) {
            throw StepFailedException.refused(
                    code,
                    "another JAR " + where + " in " + node.directory() + ": SHA-256 " + found + ", expected is "
                            + expected);
        }
    }

    private StepFailedException exited(Launch launch, long logBytes) {
        return StepFailedException.refused(
                ErrorCode.EXITED, "it ended while it started; its last words: " + tail(launch, logBytes));
    }

    private String tail(Launch launch, long logBytes) {
        return LogTail.since(node.host(), launch, logBytes, work.profile().log().failed());
    }
}
