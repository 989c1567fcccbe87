/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Progress;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.Optional;

/**
 * Points a stopped node to the release that is to run, and back.
 *
 * <p>A plain JAR is adopted on the way: it becomes the first release under a second name, {@code current}
 * points to it, and only then a link takes its place in one step. Whenever this is cut off, the JAR's
 * place leads to the old or to the new version, never to nothing. An adopted application keeps Uplift's
 * links on the way back: they lead to the very same file as before.
 */
final class Switching {
    private final NodeWork work;
    private final JarNode node;
    private final Layout layout;

    Switching(NodeWork work, JarNode node) {
        this.work = work;
        this.node = node;
        this.layout = node.layout();
    }

    /** To the target of the command. */
    void over() throws IOException, InterruptedException, FencedException {
        String target = work.targetSha256();
        work.run().progress(Progress.of("checking the release"));
        if (layout.form() == Layout.Form.PLAIN) {
            adopt();
        }
        if (!layout.stillHolds(target)) {
            throw missing(layout, target);
        }
        new Snapshots(work, node).keep();
        if (!layout.currentSha256().equals(Optional.of(target))) {
            work.runFenced(
                    SwapEffect.SWITCH_CURRENT,
                    held -> held.replaceLink(layout.current(), layout.currentTarget(target)));
        }
    }

    /** To what ran before. If anything about it has changed since it was hashed, it is hashed again before it is trusted. */
    void back() throws IOException, InterruptedException, FencedException {
        String origin = work.command()
                .from()
                .sha256(node.spec())
                .orElseThrow(() -> StepFailure.refused(
                        ErrorCode.INVALID, "the command does not say which JAR ran before the switch"));
        if (layout.form() == Layout.Form.MANAGED) {
            if (!layout.stillHolds(origin)) {
                throw StepFailure.refused(
                        ErrorCode.HOST_UNEXPECTED,
                        "the old release " + origin + " is missing or damaged in " + layout.releases()
                                + "; put its JAR back there and retry");
            }
            if (!layout.currentSha256().equals(Optional.of(origin))) {
                work.runFenced(
                        SwapEffect.REVERT_CURRENT,
                        held -> held.replaceLink(layout.current(), layout.currentTarget(origin)));
            }
        } else if (!layout.sha256InPlace().equals(origin)) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED, layout.jar() + " is not the JAR that ran before; put that back and retry");
        }
        new Snapshots(work, node).putBack();
    }

    static StepFailure missing(Layout layout, String target) throws IOException {
        return StepFailure.refused(
                ErrorCode.HOST_UNEXPECTED, "release " + target + " is missing or damaged in " + layout.releases());
    }

    private void adopt() throws IOException, InterruptedException, FencedException {
        String found = layout.sha256InPlace();
        Optional<String> expected = work.command().from().sha256(node.spec());
        if (expected.isPresent() && !found.equals(expected.get())) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    layout.jar() + " was replaced while the application was stopped: SHA-256 " + found
                            + ", expected is " + expected.get());
        }
        if (!layout.stillHolds(found)) {
            work.runFenced(
                    SwapEffect.SWITCH_ADOPT, held -> held.hardLink(layout.createRelease(held, found), layout.jar()));
        }
        if (!layout.currentSha256().equals(Optional.of(found))) {
            work.runFenced(
                    SwapEffect.SWITCH_ORIGIN, held -> held.replaceLink(layout.current(), layout.currentTarget(found)));
        }
        work.runFenced(SwapEffect.SWITCH_JAR, held -> {
            // Whoever gave the file its second name may have been killed before that was on the disk. From here on it
            // is the only one.
            held.hardLink(layout.createRelease(held, found), layout.jar());
            held.replaceLink(layout.jar(), layout.jarTarget());
        });
    }
}
