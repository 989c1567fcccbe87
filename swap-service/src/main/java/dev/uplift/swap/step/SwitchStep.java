package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.RunningProcess;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Points stopped nodes to the release that is to run.
 *
 * <p>A plain JAR is adopted on the way: it becomes the first release under a second name, {@code current}
 * points to it, and only then a link takes its place in one step. Whenever this is cut off, the JAR's
 * place leads to the old or to the new version, never to nothing.
 */
final class SwitchStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        for (ProcessNode node : work.nodes()) {
            switchOver(work, node);
        }
        return StepOutcome.done();
    }

    private static void switchOver(StepWork work, ProcessNode node) throws Exception {
        requireStopped(node);
        String target = work.targetSha256();
        Layout layout = node.layout();
        work.run().progress(Progress.of("checking the release"));
        if (layout.form() == Layout.Form.PLAIN) {
            adopt(work, node);
        }
        if (!layout.holds(target)) {
            throw StepFailedException.refused(
                    ErrorCode.HOST_UNEXPECTED, "release " + target + " is missing or damaged in " + layout.releases());
        }
        new Snapshots(work, node).keep();
        if (!layout.currentSha256().equals(Optional.of(target))) {
            work.take(node, SwapEffect.SWITCH_CURRENT, held -> {
                held.replaceLink(layout.current(), layout.currentTarget(target));
                return target;
            });
        }
    }

    private static void adopt(StepWork work, ProcessNode node) throws Exception {
        Layout layout = node.layout();
        String found = layout.sha256InPlace();
        String expected = work.command().from().sha256();
        if (expected != null && !found.equals(expected)) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    layout.jar() + " was replaced while the application was stopped: SHA-256 " + found
                            + ", expected is " + expected);
        }
        if (!layout.holds(found)) {
            work.take(node, SwapEffect.SWITCH_ADOPT, held -> {
                held.hardLink(layout.createRelease(held, found), layout.jar());
                return found;
            });
        }
        if (!layout.currentSha256().equals(Optional.of(found))) {
            work.take(node, SwapEffect.SWITCH_ORIGIN, held -> {
                held.replaceLink(layout.current(), layout.currentTarget(found));
                return found;
            });
        }
        work.take(node, SwapEffect.SWITCH_JAR, held -> {
            held.replaceLink(layout.jar(), layout.jarTarget());
            return found;
        });
    }

    /** Whoever runs now was started by somebody else after the stop was proven. */
    static void requireStopped(ProcessNode node) throws IOException, StepFailedException {
        List<RunningProcess> running = node.running();
        if (!running.isEmpty()) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED,
                    "process " + ProcessNode.pids(running) + " was started in " + node.directory()
                            + " by somebody else; stop it and turn off what starts it");
        }
    }
}
