/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.ErrorCode;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RunningProcess;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.LaunchRecord;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** How a JAR is started: its launch file. */
record JarLaunchRecord(JarNode node) implements LaunchRecord {
    @Override
    public void register(Fence.Held held, Observation observed)
            throws IOException, InterruptedException, FencedException {
        if (observed.launch().isPresent()) {
            LaunchFile.write(held, node.directory(), observed.launch().get());
        }
    }

    @Override
    public void capture(NodeWork work, Observation observed) throws IOException, InterruptedException, FencedException {
        if (observed.launch().isPresent() && !observed.launch().equals(observed.launchBefore())) {
            work.runFenced(
                    SwapEffect.PREFLIGHT_LAUNCH,
                    held -> LaunchFile.write(
                            held, node.directory(), observed.launch().get()));
        }
    }

    @Override
    public void requireAsChecked(NodeWork work, Instance instance) throws IOException {
        Optional<String> expected = work.command().from().sha256(node.spec());
        if (expected.isPresent() && !node.instances().sha256(instance).equals(expected.get())) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED, instance + " runs another JAR than the one that was checked");
        }
        Host host = node.host();
        Launch launch = node.launch();
        RunningProcess process = host.processes()
                .find(JarInstances.identity(instance).pid())
                .orElseThrow(() ->
                        StepFailure.retryable(ErrorCode.INTERFERED, instance + " has ended while it was looked at"));
        Map<String, String> environment = node.lasting(host.processes().environment(process.identity()));
        boolean sameArguments = launch.argv()
                .subList(1, launch.argv().size())
                .equals(process.argv().subList(1, process.argv().size()));
        if (!sameArguments || !launch.environment().equals(environment) || launch.uid() != process.uid()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED,
                    instance
                            + " was started in another way than the one that was checked (command line, environment or"
                            + " user)");
        }
    }
}
