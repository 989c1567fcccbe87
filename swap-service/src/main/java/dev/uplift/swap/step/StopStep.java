package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.profile.IdentityReading;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.SagaState;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stops all nodes and proves it. Whatever takes long is looked at on all of them before the first is stopped: what they
 * run, and what they are to run. What runs is written down before it is asked to end: afterwards it
 * cannot be observed any more. A node that does not run, although nobody has written that it is being
 * stopped or was left out, was stopped by somebody else.
 */
final class StopStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        List<Optional<Instance>> checked = new ArrayList<>();
        for (Node node : work.nodes()) {
            checked.add(check(work, node));
        }
        Optional<Instant> outage = Optional.empty();
        for (int i = 0; i < checked.size(); i++) {
            Instant began = stop(work, work.nodes().get(i), checked.get(i));
            outage = Optional.of(
                    outage.filter(earlier -> earlier.isBefore(began)).orElse(began));
        }
        for (Node node : work.others()) {
            new Stopping(work, node).prove(false);
        }
        new Stopping(work, work.first()).prove(true);
        return StepOutcome.done(new StepOutput.NodesStopped(outage.orElseThrow()));
    }

    /** What was found to run as it was checked, and may be stopped for what is there to follow it. */
    private static Optional<Instance> check(StepWork work, Node node) throws Exception {
        Optional<Instance> running = work.onlyRunning(node);
        if (work.state(node).isEmpty() && running.isPresent()) {
            if (work.knownTarget(node).isPresent()) {
                node.requireTarget(work.on(node));
            }
            node.requireAsChecked(work.on(node), running.get());
        }
        return running;
    }

    private static Instant stop(StepWork work, Node node, Optional<Instance> checked) throws Exception {
        Optional<SagaState> remembered = work.state(node);
        Optional<Instance> running = work.onlyRunning(node);
        Optional<LeftOut> leftOut = work.leftOutBefore(node);
        if (remembered.isEmpty() && running.isEmpty() && work.command().source() == null && leftOut.isEmpty()) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    "the application in " + node.place() + " was stopped by somebody else since it was checked");
        }
        SagaState state;
        if (remembered.isPresent()) {
            state = remembered.get();
        } else {
            if (running.isPresent() && !running.equals(checked)) {
                node.requireAsChecked(work.on(node), running.get());
            }
            state = work.remember(
                    node,
                    SwapEffect.STOP_RECORD,
                    SagaState.stopping(
                                    work.command().installation().id(),
                                    work.command().sagaId(),
                                    used(work, node),
                                    Instant.now())
                            .withLeftOutBefore(leftOut.orElse(null)));
        }
        node.holdAutostart(work.on(node), SwapEffect.STOP_AUTOSTART);
        OutageWatch outage = new OutageWatch(work, node);
        new Stopping(work, node).end(SwapEffect.STOP_TERMINATE, SwapEffect.STOP_KILL, outage);
        if (state.outageBeganAt() == null) {
            Instant began = outage.began().orElse(state.stopRequestedAt());
            state = work.remember(node, SwapEffect.STOP_OUTAGE, state.withOutageBeganAt(began));
        }
        return Optional.ofNullable(state.outageBeganAt()).orElseGet(state::stopRequestedAt);
    }

    private static @Nullable Boolean used(StepWork work, Node node) throws IOException, InterruptedException {
        return switch (work.probe().identity(work.profile(), node.answersAt(work.profile()))) {
            case IdentityReading.Used() -> Boolean.TRUE;
            case IdentityReading.Unused _ -> Boolean.FALSE;
            case IdentityReading.Unreadable _ -> null;
        };
    }
}
