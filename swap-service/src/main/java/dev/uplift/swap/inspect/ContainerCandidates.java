/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeKind;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.DockerRefusedException;
import dev.uplift.profile.JarEntries;
import dev.uplift.swap.node.docker.FoundContainer;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The containers of an engine as what could be registered. */
record ContainerCandidates(
        DockerEngine engine, Discovery.Requested asked, ProfileChoice profiles, Inspector inspector) {
    private static final Set<String> WITH_PROCESSES = Set.of("running", "paused");

    /** A container; empty if it runs no JAR or Uplift, or has ended. */
    Optional<Candidate> look(String id) throws IOException, InterruptedException {
        Optional<ContainerInspection> container = running(id);
        if (container.isEmpty()) {
            return Optional.empty();
        }
        try {
            return look(new FoundContainer(engine, container.get()));
        } catch (DockerRefusedException e) {
            if (running(id).isEmpty()) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private Optional<Candidate> look(FoundContainer container) throws IOException, InterruptedException {
        String name = container.container().name();
        String jar;
        try {
            jar = container.jar();
        } catch (StepFailure e) {
            return Optional.empty();
        }
        JarEntries entries = container.entries(jar);
        if (OwnService.is(entries)) {
            return Optional.empty();
        }
        List<String> recognising = profiles.recognising(jar.substring(jar.lastIndexOf('/') + 1), entries);
        if (recognising.isEmpty()) {
            return Optional.of(new Candidate.Unrecognised("container " + name + " (" + jar + ")"));
        }
        InspectionOutcome seen = inspector.look(new Inspection.Requested(
                asked.discoveryId(), name, null, asked.site(), null, null, asked.host(), null, name, null, null));
        return switch (seen) {
            case InspectionOutcome.Running running -> Optional.of(Candidate.of(running, null));
            case InspectionOutcome.Refused refused ->
                Optional.of(Candidate.unusable(
                        NodeKind.DOCKER,
                        name,
                        null,
                        recognising,
                        refused.answer().detail()));
        };
    }

    private Optional<ContainerInspection> running(String id) throws IOException, InterruptedException {
        return engine.containers().find(id).filter(container -> WITH_PROCESSES.contains(container.status()));
    }
}
