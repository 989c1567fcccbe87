package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.profile.IdentityReading;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.ProcessNode;
import dev.uplift.swap.node.SagaState;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stops all nodes and proves it. What runs is written down before it is asked to end: afterwards it
 * cannot be observed any more. A node that does not run, although nobody has written that it is being
 * stopped, was stopped by somebody else.
 */
final class StopStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        Optional<Instant> outage = Optional.empty();
        for (ProcessNode node : work.nodes()) {
            Instant began = stop(work, node);
            outage = Optional.of(
                    outage.filter(earlier -> earlier.isBefore(began)).orElse(began));
        }
        for (ProcessNode node : work.nodes()) {
            new Stopping(work, node).prove(node == work.nodes().getLast());
        }
        return StepOutcome.done(new StepOutput.NodesStopped(outage.orElseThrow()));
    }

    private static Instant stop(StepWork work, ProcessNode node) throws Exception {
        Optional<SagaState> remembered = work.state(node);
        Optional<RunningProcess> running = node.onlyRunning();
        if (remembered.isEmpty() && running.isEmpty() && work.command().source() == null) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    "the application in " + node.directory() + " was stopped by somebody else since it was checked");
        }
        SagaState state;
        if (remembered.isPresent()) {
            state = remembered.get();
        } else {
            if (running.isPresent()) {
                requireAsChecked(work, node, running.get());
            }
            state = work.remember(
                    node,
                    SwapEffect.STOP_RECORD,
                    SagaState.stopping(
                            work.command().installation().id(),
                            work.command().sagaId(),
                            used(work, node),
                            Instant.now()));
        }
        OutageWatch outage = new OutageWatch(work, node);
        new Stopping(work, node).end(SwapEffect.STOP_TERMINATE, SwapEffect.STOP_KILL, outage);
        if (state.outageBeganAt() == null) {
            Instant began = outage.began == null ? state.stopRequestedAt() : outage.began;
            state = work.remember(node, SwapEffect.STOP_OUTAGE, state.withOutageBeganAt(began));
        }
        return Optional.ofNullable(state.outageBeganAt()).orElseGet(state::stopRequestedAt);
    }

    private static void requireAsChecked(StepWork work, ProcessNode node, RunningProcess process) throws Exception {
        String expected = work.command().from().sha256();
        if (expected != null && !node.runningSha256(process).equals(expected)) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED, process + " runs another JAR than the one that was checked");
        }
        Launch launch = node.launch();
        Map<String, String> environment = node.host().processes().environment(process.identity());
        boolean sameArguments = launch.argv()
                .subList(1, launch.argv().size())
                .equals(process.argv().subList(1, process.argv().size()));
        if (!sameArguments || !launch.environment().equals(environment) || launch.uid() != process.uid()) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    process
                            + " was started in another way than the one that was checked (command line, environment or user)");
        }
    }

    private static @Nullable Boolean used(StepWork work, ProcessNode node) throws IOException, InterruptedException {
        return switch (work.probe().identity(work.profile(), node.answersAt())) {
            case IdentityReading.Used() -> Boolean.TRUE;
            case IdentityReading.Unused _ -> Boolean.FALSE;
            case IdentityReading.Unreadable _ -> null;
        };
    }

    /** Keeps the moment of the first request that failed. */
    private static final class OutageWatch implements Stopping.Watch {
        private final StepWork work;
        private final ProcessNode node;
        private @Nullable Instant began;

        private OutageWatch(StepWork work, ProcessNode node) {
            this.work = work;
            this.node = node;
        }

        @Override
        public void look() throws IOException, InterruptedException {
            if (began == null) {
                Instant asked = Instant.now();
                NodeProbe.Health health = work.probe().health(work.profile(), node.answersAt());
                if (!(health instanceof NodeProbe.Health.Healthy)) {
                    began = asked;
                }
            }
        }
    }
}
