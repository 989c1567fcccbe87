/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.CreateRequest;
import dev.uplift.docker.OneOff;
import dev.uplift.docker.UpliftLabels;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.OneOffCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Commands of the application, each in a container of the target's image beside the node's own, told from it by the label
 * of its purpose. A worker may be killed while it runs: whoever comes next clears it away, and looks anew what is to be done.
 */
record ContainerCommands(ContainerFamily family) implements OneOffCommands {
    /** {@inheritDoc} Its container is removed then. */
    @Override
    public CommandEnd run(NodeWork work, ApplicationVersion version, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException, FencedException {
        CreateRequest node =
                new ContainerSwitching(work, family).request(family.record(), family.image(work.targetSha256()));
        String name = family.place().container() + "-uplift-" + work.command().commandId();
        CreateRequest command = OneOff.request(node, name, work.profile().imageArguments(arguments));
        OneOff oneOff = family.engine().oneOff();
        String id = work.callLocked(SwapEffect.COMMAND_RUN, () -> oneOff.begin(command));
        OneOff.Ended ended = work.callLocked(SwapEffect.COMMAND_CLEAR, () -> oneOff.end(id, atMost));
        return new CommandEnd(
                ended.exitCode().filter(code -> code == 0).isPresent(),
                family.scrubber().scrub(ended.output()));
    }

    /** Removes the container of every try that was broken off, once it has ended or has taken {@code atMost}. */
    @Override
    public void clear(NodeWork work, Duration atMost) throws IOException, InterruptedException, FencedException {
        for (ContainerInspection container : family.all()) {
            if (UpliftLabels.COMMAND.equals(container.labels().get(UpliftLabels.PURPOSE))) {
                work.callLocked(
                        SwapEffect.COMMAND_CLEAR, () -> family.engine().oneOff().end(container.id(), atMost));
            }
        }
    }
}
