package dev.uplift.swap.step;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.profile.IdentityReading;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.DatabaseUse;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.SagaState;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stops all nodes and proves it. Whatever takes long is looked at on all of them before the first is stopped: what they
 * run, what they are to run, and what of them is seen on the database. It is written down before they are asked to end:
 * afterwards it cannot be observed any more, and that nobody is on a database proves nothing of an application that was
 * never there. Where it is not seen, and nobody has said that it is to be assumed, nothing is stopped. A node that does
 * not run, although nobody has written that it is being
 * stopped or was left out, was stopped by somebody else.
 */
final class StopStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        List<Optional<Instance>> checked = new ArrayList<>();
        List<Optional<String>> seen = new ArrayList<>();
        for (Node node : work.nodes()) {
            checked.add(check(work, node));
            seen.add(work.state(node).isPresent() ? Optional.empty() : seen(work, node));
        }
        Optional<Instant> outage = Optional.empty();
        List<String> released = new ArrayList<>();
        for (int i = 0; i < checked.size(); i++) {
            SagaState stopped = stop(work, work.nodes().get(i), checked.get(i), seen.get(i));
            Instant began = Optional.ofNullable(stopped.outageBeganAt()).orElseGet(stopped::stopRequestedAt);
            outage = Optional.of(
                    outage.filter(earlier -> earlier.isBefore(began)).orElse(began));
            if (stopped.databaseSeen() != null) {
                released.add(stopped.databaseSeen());
            }
        }
        for (Node node : work.others()) {
            new Stopping(work, node).prove(false);
        }
        new Stopping(work, work.first()).prove(true);
        return StepOutcome.done(new StepOutput.NodesStopped(
                outage.orElseThrow(), released.isEmpty() ? null : String.join("; ", released)));
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

    /**
     * What is seen of a node on the database that its settings name.
     *
     * @return empty if it is down, or that it works there is assumed
     * @throws StepFailedException if it is neither
     */
    private static Optional<String> seen(StepWork work, Node node)
            throws IOException, InterruptedException, StepFailedException {
        Optional<Instance> running = work.onlyRunning(node);
        if (running.isEmpty()) {
            return Optional.empty();
        }
        Optional<Launch> launch = LaunchFile.read(node.host(), node.directory());
        if (launch.isEmpty()
                || !(node.database(work.profile(), launch.get())
                        instanceof NodeDatabase.Supported(DatabaseSpec spec))) {
            throw StepFailedException.refused(
                    ErrorCode.PREFLIGHT_REFUSED,
                    "nothing was stopped, because how " + node.place()
                            + " is started, and on which database, is not known any more; register it again");
        }
        return switch (work.databaseUse(node, spec, launch.get())) {
            case DatabaseUse.Seen(String what) -> Optional.of(running.get() + " on " + spec.address() + ": " + what);
            case DatabaseUse.NotSeen(String instead) -> {
                if (work.isDatabaseAssumed(node) || (work.command().source() != null && !serves(work, node))) {
                    yield Optional.empty();
                }
                throw StepFailedException.refused(
                        ErrorCode.PREFLIGHT_REFUSED,
                        "nothing was stopped, because nothing shows any more that " + node.place() + " works on "
                                + spec.address() + ": " + instead);
            }
            case DatabaseUse.Refuted(String reason) ->
                throw StepFailedException.refused(
                        ErrorCode.PREFLIGHT_REFUSED,
                        "nothing was stopped, because " + node.place() + " does not work on " + spec.address() + ": "
                                + reason);
        };
    }

    private static boolean serves(StepWork work, Node node) throws IOException, InterruptedException {
        return work.probe().health(work.profile(), node.answersAt(work.profile())) instanceof NodeProbe.Health.Healthy;
    }

    /** What is remembered of it then. */
    private static SagaState stop(StepWork work, Node node, Optional<Instance> checked, Optional<String> seen)
            throws Exception {
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
                            .withLeftOutBefore(leftOut.orElse(null))
                            .withDatabaseSeen(seen.orElse(null)));
        }
        node.holdAutostart(work.on(node), SwapEffect.STOP_AUTOSTART);
        OutageWatch outage = new OutageWatch(work, node);
        new Stopping(work, node).end(SwapEffect.STOP_TERMINATE, SwapEffect.STOP_KILL, outage);
        if (state.outageBeganAt() == null) {
            Instant began = outage.began().orElse(state.stopRequestedAt());
            state = work.remember(node, SwapEffect.STOP_OUTAGE, state.withOutageBeganAt(began));
        }
        return state;
    }

    private static @Nullable Boolean used(StepWork work, Node node) throws IOException, InterruptedException {
        return switch (work.probe().identity(work.profile(), node.answersAt(work.profile()))) {
            case IdentityReading.Used() -> Boolean.TRUE;
            case IdentityReading.Unused _ -> Boolean.FALSE;
            case IdentityReading.Unreadable _ -> null;
        };
    }
}
