/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.ErrorCode;
import dev.uplift.docker.ContainerDirectory;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.docker.InspectDiff;
import dev.uplift.docker.RestartPolicy;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RegisteredRoot;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.Instance;
import dev.uplift.swap.node.LaunchRecord;
import dev.uplift.swap.node.NodeWork;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Writes down what container an upgrade begins with, and tells whether it still is that one. */
final class ContainerCapture implements LaunchRecord {
    private final ContainerFamily family;
    private final Host host;
    private final Path directory;

    ContainerCapture(ContainerFamily family) {
        this.family = family;
        this.host = family.host();
        this.directory = family.place().directory();
    }

    @Override
    public void makeDirectory() throws IOException, InterruptedException {
        ContainerDirectory.create(host, directory);
        RegisteredRoot.of(host.files(), directory.toString());
    }

    @Override
    public void capture(NodeWork work, Observation observed) throws IOException, InterruptedException, FencedException {
        ContainerInspection container = family.requireInPlace();
        Optional<ContainerRecord> before = ContainerRecord.read(host, directory);
        ContainerRecord record = record(container, before);
        boolean changed = before.isEmpty()
                || !before.get().container().id().equals(container.id())
                || !InspectDiff.between(before.get().container(), record.container())
                        .isEmpty();
        if (changed || !observed.launch().equals(observed.launchBefore())) {
            work.runFenced(SwapEffect.PREFLIGHT_LAUNCH, held -> {
                record.write(held, directory);
                if (observed.launch().isPresent()) {
                    LaunchFile.write(held, directory, observed.launch().get());
                }
            });
        }
    }

    @Override
    public void register(Fence.Held held, Observation observed)
            throws IOException, InterruptedException, FencedException {
        record(family.requireInPlace(), ContainerRecord.read(host, directory)).write(held, directory);
        if (observed.launch().isPresent()) {
            LaunchFile.write(held, directory, observed.launch().get());
        }
    }

    @Override
    public void requireAsChecked(NodeWork work, Instance instance) throws IOException {
        Optional<String> difference = EngineQuestion.answer(
                () -> difference(family.engine().containers().inspect(ContainerFamily.id(instance))));
        if (difference.isPresent()) {
            throw StepFailure.refused(
                    ErrorCode.INTERFERED, instance + " is not as it was when it was checked: " + difference.get());
        }
    }

    /** In what a container differs from the one that was written down; empty: in nothing. */
    private Optional<String> difference(ContainerInspection container) throws IOException {
        ContainerRecord known = family.record();
        ContainerInspection written = known.container();
        if (!written.id().equals(container.id())) {
            return Optional.of("it is another container than " + written.shortId());
        }
        ContainerRecord found = lasting(new ContainerRecord(container.raw(), known.jar(), known.retired()), known);
        List<String> paths = InspectDiff.between(written, found.container()).stream()
                .map(InspectDiff.Difference::path)
                .toList();
        return paths.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", paths));
    }

    /** Where the application's JAR is in a container; empty if it does not run and nobody has written it down. */
    Optional<String> jar(ContainerInspection container) throws IOException, InterruptedException {
        Optional<String> running = ContainerJar.runningIn(family.engine(), container);
        return running.isPresent()
                ? running
                : ContainerRecord.read(host, directory).map(ContainerRecord::jar);
    }

    private ContainerRecord record(ContainerInspection container, Optional<ContainerRecord> before)
            throws IOException, InterruptedException {
        ContainerRecord record = new ContainerRecord(
                container.raw(),
                jar(container).orElse(null),
                before.map(ContainerRecord::retired).orElse(List.of()));
        return before.isPresent() ? lasting(record, before.get()) : record;
    }

    /** A restart policy that a saga is holding back is not the operator's. */
    private ContainerRecord lasting(ContainerRecord found, ContainerRecord before) throws IOException {
        boolean held = before.container().id().equals(found.container().id())
                && found.container().restartPolicy().equals(RestartPolicy.NO)
                && SagaState.read(host, directory).isPresent();
        return held
                ? found.withRestartPolicy(before.inspection().path("HostConfig").path("RestartPolicy"))
                : found;
    }
}
