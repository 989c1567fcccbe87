/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.service;

import dev.uplift.contract.Discovery;
import dev.uplift.contract.FenceTaking;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.ServiceName;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.inspect.Discoverer;
import dev.uplift.swap.inspect.FenceTaker;
import dev.uplift.swap.inspect.Inspector;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import dev.uplift.swap.step.SwapSteps;
import dev.uplift.worker.StepWorker;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes the worker of this service. */
final class SwapWiring {
    private static final Duration ANSWER_MAX = Duration.ofSeconds(3);

    @Produces
    @Singleton
    NodeProbe probe() {
        return new NodeProbe(ANSWER_MAX);
    }

    void close(@Disposes NodeProbe probe) {
        probe.close();
    }

    @Produces
    @Singleton
    HostConnections connections(SwapSettings settings) {
        return new HostConnections(settings.home().toAbsolutePath(), new DockerEndpoint.Unix(settings.dockerSocket()));
    }

    void close(@Disposes HostConnections connections) {
        connections.close();
    }

    @Produces
    @Singleton
    StepWorker worker(
            SwapSettings settings,
            HostConnections connections,
            NodeProbe probe,
            MessagingRuntime messaging,
            Clock clock)
            throws ProfileException {
        Site site = new Site(
                connections,
                RegistryLogins.configured(
                        connections.local(), settings.registryLogins().orElse(List.of())));
        Profiles profiles = Profiles.load(Optional.of(settings.home().resolve("profiles")));
        Inspector inspector = new Inspector(site, profiles, probe, messaging.crashPoints());
        StepWorker.Builder worker = StepWorker.builder(messaging, ServiceName.SWAP, settings.site())
                .threads(settings.threads())
                .message(Inspection.REQUESTED_TYPE, Inspection.Requested.class, new InspectionHandler(inspector))
                .message(
                        FenceTaking.REQUESTED_TYPE,
                        FenceTaking.Requested.class,
                        new FenceTakingHandler(new FenceTaker(site)))
                .message(
                        Discovery.REQUESTED_TYPE,
                        Discovery.Requested.class,
                        new DiscoveryHandler(new Discoverer(site, profiles, inspector)));
        for (SwapSteps.Entry entry : new SwapSteps(site, profiles, probe, clock).all()) {
            worker.step(entry.step(), entry.direction(), entry.handler());
        }
        return worker.build();
    }
}
