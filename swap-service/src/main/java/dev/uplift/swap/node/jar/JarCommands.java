/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.Exec;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.Scrubber;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CommandEnd;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.OneOffCommands;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Commands of a JAR: processes that cannot be told from the application. */
record JarCommands(JarNode node) implements OneOffCommands {
    @Override
    public CommandEnd run(NodeWork work, ApplicationVersion version, List<String> arguments, Duration atMost)
            throws IOException, InterruptedException, FencedException {
        Host host = node.host();
        Launch launch = node.launch();
        List<String> commandLine = new JavaStart(work, node).commandLine(launch, version);
        List<String> argv = new ArrayList<>(commandLine.subList(0, commandLine.indexOf("-jar") + 1));
        argv.add(new Releases(work, node).jarOf(work.targetSha256()).toString());
        argv.addAll(arguments);
        Exec command = Exec.of(launch.withArgv(argv), host.uid(), atMost);
        Exec.Result ended = work.callLocked(SwapEffect.COMMAND_RUN, () -> host.run(command));
        return new CommandEnd(ended.succeeded(), Scrubber.of(launch).scrub(ended.output() + ended.errors()));
    }
}
