/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.DockerEngine;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.docker.DockerNode;
import dev.uplift.swap.node.docker.FoundContainer;
import dev.uplift.swap.node.docker.H2Extraction;
import dev.uplift.swap.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** {@link Inspector} for containers. */
record ContainerInspector(Site site, ProfileChoice profiles, NodeProbe probe, CrashPoints crashPoints) {
    private static final Duration STOP_GRACE = Duration.ofMinutes(2);

    InspectionOutcome found(Inspection.Requested asked, String name, boolean registers)
            throws IOException, InterruptedException, FencedException {
        Membership membership = new Membership(site, asked, probe, crashPoints, registers);
        HostSpec engineHost = asked.host();
        DockerEngine engine = site.connections().engine(engineHost);
        Host keeper = site.connections().keeper(engineHost);
        FoundContainer container = FoundContainer.named(engine, name);
        String jar = container.jar();
        Profile profile = profiles.of(asked.profile(), jar.substring(jar.lastIndexOf('/') + 1), container.entries(jar));
        NodeSpec.Docker spec = new NodeSpec.Docker(
                membership.nodeName(),
                engineHost == null ? NodeSpec.LOCAL : engineHost.name(),
                name,
                container.repository().name(),
                container.baseUrl(profile, Site.engineHost(engineHost)));
        Path directory = site.connections().directory(engineHost, name);
        Refusals.requireNoOtherSaga(keeper, asked.installationId(), directory);
        if (registers && Boolean.TRUE.equals(asked.extractH2())) {
            extract(engine, container, profile);
        }
        DockerNode node = site.node(engineHost, spec, directory);
        CheckList own = new CheckList(false);
        node.check(own);
        return membership.accept(profile, node, node.observe(profile, probe), Refusals.requireNoFailure(own));
    }

    private static void extract(DockerEngine engine, FoundContainer container, Profile profile)
            throws IOException, InterruptedException {
        Optional<Path> database = container.unsafeH2(profile);
        if (database.isPresent()) {
            String volume = container.container().name() + "-h2";
            new H2Extraction(engine, STOP_GRACE).extract(container.container(), database.get(), volume);
        }
    }
}
