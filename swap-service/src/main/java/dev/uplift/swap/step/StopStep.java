/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.profile.IdentityReading;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Autostart;
import dev.uplift.swap.node.DatabaseUse;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import dev.uplift.worker.StepOutcome;
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
 * not run, although nobody has written that it is being stopped or was left out, was stopped by somebody else; one that
 * somebody starts anew meanwhile is looked at again.
 */
final class StopStep implements SwapStep {
    /**
     * A node before it is stopped.
     *
     * @param running empty: it does not run
     * @param evidence what is seen of it on the database; empty: nothing, which is as it may be
     */
    private record Checked(Node node, Optional<Instance> running, Optional<String> evidence) {}

    @Override
    public StepOutcome run(StepWork work) throws Exception {
        List<Checked> all = new ArrayList<>();
        for (Node node : work.nodes()) {
            all.add(check(work, node));
        }
        Optional<Instant> outage = Optional.empty();
        List<String> released = new ArrayList<>();
        for (Checked checked : all) {
            SagaState stopped = stop(work, checked);
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

    /** A node runs as it was checked, works where its settings say, and may be stopped for what is there to follow it. */
    private static Checked check(StepWork work, Node node) throws Exception {
        Optional<Instance> running = work.onlyRunning(node);
        if (work.state(node).isPresent()) {
            return new Checked(node, running, Optional.empty());
        }
        if (running.isPresent()) {
            if (work.knownTarget(node).isPresent()) {
                node.inPlace().requireTarget(work.on(node));
            }
            node.launchRecord().requireAsChecked(work.on(node), running.get());
        }
        return new Checked(node, running, evidence(work, node));
    }

    /**
     * What is seen of a node on the database that its settings name.
     *
     * @return empty if it is down, or that it works there is assumed
     * @throws StepFailure if it is neither
     */
    private static Optional<String> evidence(StepWork work, Node node) throws IOException, InterruptedException {
        Optional<Instance> running = work.onlyRunning(node);
        if (running.isEmpty()) {
            return Optional.empty();
        }
        Optional<Launch> launch = LaunchFile.read(node.host(), node.directory());
        if (launch.isEmpty()
                || !(node.data().database(work.profile(), launch.get())
                        instanceof NodeDatabase.Supported(DatabaseSpec spec))) {
            throw StepFailure.refused(
                    ErrorCode.PREFLIGHT_REFUSED,
                    notStopped(work, node) + "how " + node.place()
                            + " is started, and on which database, is not known any more; register it again");
        }
        return switch (work.databaseUse(node, spec, launch.get())) {
            case DatabaseUse.Proven(String what) -> Optional.of(running.get() + " on " + spec.address() + ": " + what);
            case DatabaseUse.Unproven(String instead) -> {
                if (work.isDatabaseAssumed(node) || (work.command().source() != null && !serves(work, node))) {
                    yield Optional.empty();
                }
                throw StepFailure.refused(
                        ErrorCode.PREFLIGHT_REFUSED,
                        notStopped(work, node) + "nothing shows any more that " + node.place() + " works on "
                                + spec.address() + ": " + instead);
            }
            case DatabaseUse.Refuted(String reason) ->
                throw StepFailure.refused(
                        ErrorCode.PREFLIGHT_REFUSED,
                        notStopped(work, node) + node.place() + " does not work on " + spec.address() + ": " + reason
                                + work.wayOut());
        };
    }

    /** What a refusal begins with: in a run after a death, or of a node that was started anew, others may be stopped. */
    private static String notStopped(StepWork work, Node node) throws IOException {
        for (Node other : work.nodes()) {
            if (work.state(other).isPresent()) {
                return "node " + node.spec().name() + " was not stopped, because ";
            }
        }
        return "nothing was stopped, because ";
    }

    private static boolean serves(StepWork work, Node node) throws IOException, InterruptedException {
        return work.health(node) instanceof NodeProbe.Health.Healthy;
    }

    /** What is remembered of it then. */
    private static SagaState stop(StepWork work, Checked checked) throws Exception {
        Node node = checked.node();
        Optional<SagaState> remembered = work.state(node);
        Optional<Instance> running = work.onlyRunning(node);
        Optional<LeftOut> leftOut = work.leftOutBefore(node);
        SagaState state;
        if (remembered.isPresent()) {
            state = remembered.get();
        } else {
            requireNotStopped(work, node, running, leftOut);
            Checked last = checked;
            if (running.isPresent() && !running.equals(checked.running())) {
                // What was seen of a process on the database says nothing of the one that somebody has started since.
                last = check(work, node);
                requireNotStopped(work, node, work.onlyRunning(node), leftOut);
            }
            state = work.remember(
                    node,
                    SwapEffect.STOP_RECORD,
                    SagaState.stopping(
                                    work.command().installation().id(),
                                    work.command().sagaId(),
                                    used(work, node),
                                    work.now())
                            .withLeftOutBefore(leftOut.orElse(null))
                            .withDatabaseSeen(last.evidence().orElse(null)));
        }
        if (node instanceof Autostart autostart) {
            autostart.hold(work.on(node), SwapEffect.STOP_AUTOSTART);
        }
        OutageWatch outage = new OutageWatch(work, node);
        new Stopping(work, node).end(SwapEffect.STOP_TERMINATE, SwapEffect.STOP_KILL, outage);
        if (state.outageBeganAt() == null) {
            Instant began = outage.began().orElse(state.stopRequestedAt());
            state = work.remember(node, SwapEffect.STOP_OUTAGE, state.withOutageBeganAt(began));
        }
        return state;
    }

    /** What is down although nothing that is known has stopped it cannot be seen on its database any more. */
    private static void requireNotStopped(
            StepWork work, Node node, Optional<Instance> running, Optional<LeftOut> leftOut) {
        if (running.isEmpty() && work.command().source() == null && leftOut.isEmpty()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    "the application in " + node.place() + " was stopped by somebody else since it was checked");
        }
    }

    private static @Nullable Boolean used(StepWork work, Node node) throws IOException, InterruptedException {
        return switch (work.identity(node)) {
            case IdentityReading.Used() -> Boolean.TRUE;
            case IdentityReading.Unused _ -> Boolean.FALSE;
            case IdentityReading.Unreadable _ -> null;
        };
    }
}
