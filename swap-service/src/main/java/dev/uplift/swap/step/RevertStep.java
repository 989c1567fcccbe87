package dev.uplift.swap.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.worker.StepOutcome;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Layout;
import dev.uplift.swap.node.ProcessNode;
import java.util.Optional;

/**
 * Takes a switch back. An adopted application keeps Uplift's links: they lead to the very same file as
 * before. The old release is hashed again before it is trusted.
 */
final class RevertStep implements SwapStep {
    @Override
    public StepOutcome take(StepWork work) throws Exception {
        for (ProcessNode node : work.nodes()) {
            revert(work, node);
        }
        return StepOutcome.done();
    }

    private static void revert(StepWork work, ProcessNode node) throws Exception {
        SwitchStep.requireStopped(node);
        Layout layout = node.layout();
        String origin = work.command().from().sha256();
        if (origin == null) {
            throw StepFailedException.refused(
                    ErrorCode.INVALID, "the command does not say which JAR ran before the switch");
        }
        if (layout.form() == Layout.Form.MANAGED) {
            if (!layout.holds(origin)) {
                throw StepFailedException.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "the old release " + origin + " is missing or damaged in " + layout.releases()
                                + "; put its JAR back there and retry");
            }
            if (!layout.currentSha256().equals(Optional.of(origin))) {
                work.take(node, SwapEffect.REVERT_CURRENT, held -> {
                    held.replaceLink(layout.current(), layout.currentTarget(origin));
                    return origin;
                });
            }
        } else if (!layout.sha256InPlace().equals(origin)) {
            throw StepFailedException.refused(
                    ErrorCode.INTERFERED, layout.jar() + " is not the JAR that ran before; put that back and retry");
        }
        new Snapshots(work, node).putBack();
    }
}
