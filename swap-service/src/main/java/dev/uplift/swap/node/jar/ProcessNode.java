/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.HowStarted;
import dev.uplift.host.Launch;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Scrubber;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.Deadline;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.NodeLog;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A JAR that is started by hand. Nobody starts it again, so there is nothing to hold or release. */
public final class ProcessNode extends JarNode {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration PORT_WAIT = Duration.ofSeconds(5);

    /** The node at its registered place; see {@link JarNode}. */
    public ProcessNode(Host host, NodeSpec.JarProcess spec) throws IOException {
        super(host, spec);
    }

    @Override
    public JarInstances instances() {
        return new ProcessInstances(this);
    }

    /** {@inheritDoc} It is whether what runs could be started again as it was. */
    @Override
    public void check(Optional<Instance> running, CheckList checks) throws IOException, InterruptedException {
        if (running.isPresent()) {
            check(running.get(), checks);
        }
    }

    private void check(Instance running, CheckList checks) throws IOException, InterruptedException {
        HowStarted how = host().processes().howStarted(JarInstances.identity(running));
        if (!how.elsewhere().isEmpty()) {
            checks.fail(
                    HOW_STARTED,
                    running + " runs " + String.join(" and ", how.elsewhere())
                            + " than Uplift, which cannot start it there again: run it in a container or as a unit of"
                            + " systemd, and register that");
        }
        if (!how.lost().isEmpty()) {
            checks.warn(
                    HOW_STARTED,
                    "after a start by Uplift it will not have " + String.join(", ", how.lost())
                            + "; run it as a unit of systemd where that matters");
        }
    }

    @Override
    public Optional<Instance> start(NodeWork work, SwapEffect effect, ApplicationVersion version)
            throws IOException, InterruptedException, FencedException {
        awaitPort();
        Launch launch = launch();
        List<String> commandLine = new JavaStart(work, this).commandLine(launch, version);
        return work.callFenced(effect, held -> held.start(launch.withArgv(commandLine)))
                .map(JarInstances::instance);
    }

    @Override
    public NodeLog log() throws IOException {
        Launch launch = launch();
        return withErrors(new FileLog(host(), Path.of(launch.logFile()), Scrubber.of(launch)), launch);
    }

    private void awaitPort() throws IOException, InterruptedException {
        Deadline deadline = Deadline.in(PORT_WAIT);
        while (host().processes().isListenedOn(port())) {
            if (deadline.passed()) {
                List<RunningProcess> holders = host().processes().listeningOn(port());
                throw StepFailure.retryable(
                        ErrorCode.HOST_UNEXPECTED,
                        "port " + port() + " is held by "
                                + (holders.isEmpty() ? "somebody else" : RunningProcess.names(holders)));
            }
            // Who holds the port is none of ours: that it is free can only be looked for.
            Thread.sleep(POLL);
        }
    }
}
