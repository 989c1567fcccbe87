/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.Containers;
import dev.uplift.host.FencedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.Instances;
import dev.uplift.swap.node.NodeWork;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The starts of a node's containers. */
record ContainerInstances(ContainerFamily family) implements Instances {
    private static final String STOP_SIGNAL = "SIGTERM";

    /** Exit codes that a process has which was told to end from outside: INT, KILL and TERM. */
    private static final Set<Integer> TOLD_TO_END = Set.of(130, 137, 143);

    @Override
    public List<Instance> running() throws IOException, InterruptedException {
        return family.all().stream()
                .filter(ContainerInspection::lives)
                .map(ContainerFamily::instance)
                .toList();
    }

    @Override
    public boolean runs(Instance instance) throws IOException, InterruptedException {
        return containers()
                .find(ContainerFamily.id(instance))
                .filter(found -> found.lives()
                        && ContainerFamily.instance(found).identity().equals(instance.identity()))
                .isPresent();
    }

    @Override
    public String sha256(Instance instance) throws IOException {
        return EngineQuestion.answer(() -> family.sha256(containers().inspect(ContainerFamily.id(instance))));
    }

    @Override
    public String startedBy(Instance instance) throws IOException {
        return EngineQuestion.answer(() -> {
            ContainerInspection container = containers().inspect(ContainerFamily.id(instance));
            return container.raw().path("RestartCount").asInt() > 0
                    ? "the Docker Engine, by the container's restart policy"
                    : "somebody through the Docker Engine";
        });
    }

    @Override
    public Optional<String> endedBy(Instance instance) throws IOException, InterruptedException {
        return containers()
                .find(ContainerFamily.id(instance))
                .filter(found -> !found.lives()
                        && TOLD_TO_END.contains(found.exitCode())
                        && !found.raw().path("State").path("OOMKilled").asBoolean())
                .map(found -> instance + " was told to end by somebody (exit code " + found.exitCode() + ")");
    }

    @Override
    public void terminate(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runLocked(effect, () -> {
            for (Instance instance : running) {
                ContainerInspection container = containers().inspect(ContainerFamily.id(instance));
                String signal =
                        container.raw().path("Config").path("StopSignal").asText("");
                containers().signal(container.id(), signal.isEmpty() ? STOP_SIGNAL : signal);
            }
        });
    }

    @Override
    public void kill(NodeWork work, SwapEffect effect, List<Instance> running)
            throws IOException, InterruptedException, FencedException {
        work.runLocked(effect, () -> {
            for (Instance instance : running) {
                containers().kill(ContainerFamily.id(instance));
            }
        });
    }

    private Containers containers() {
        return family.engine().containers();
    }
}
