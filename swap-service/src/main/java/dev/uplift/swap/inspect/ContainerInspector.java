package dev.uplift.swap.inspect;

import static dev.uplift.swap.inspect.Refusals.refuse;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.docker.ContainerDirectory;
import dev.uplift.host.docker.DockerEngine;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import dev.uplift.swap.node.CheckList;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.node.Observation;
import dev.uplift.swap.node.docker.DockerNode;
import dev.uplift.swap.node.docker.FoundContainer;
import dev.uplift.swap.node.docker.H2Extraction;
import dev.uplift.swap.site.Site;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link Inspector} for containers. */
record ContainerInspector(Site site, ProfileChoice profiles, NodeProbe probe, CrashPoints crashPoints) {
    private static final String LOOPBACK = "127.0.0.1";
    private static final Duration STOP_GRACE = Duration.ofMinutes(2);

    Inspection.Found found(Inspection.Requested asked, String name)
            throws IOException, InterruptedException, StepFailedException, FencedException {
        HostSpec engineHost = asked.host();
        DockerEngine engine = site.reach().engine(engineHost);
        Host keeper = site.reach().keeper(engineHost);
        FoundContainer container = FoundContainer.named(engine, name);
        String jar = container.jar();
        Profile profile = profiles.of(asked.profile(), jar.substring(jar.lastIndexOf('/') + 1), container.entries(jar));
        NodeSpec.Docker spec = new NodeSpec.Docker(
                Inspector.NODE_NAME,
                engineHost == null ? NodeSpec.LOCAL : engineHost.name(),
                name,
                container.repository().name(),
                container.baseUrl(
                        profile,
                        engineHost instanceof HostSpec.DockerTls tls ? tls.url().getHost() : LOOPBACK));
        Path directory = site.reach().directory(engineHost, name);
        if (keeper.files().isDirectory(directory)) {
            Refusals.requireNoOtherSaga(keeper, asked.installationId(), directory);
        }
        if (Boolean.TRUE.equals(asked.extractH2())) {
            extract(engine, container, profile);
        }
        ContainerDirectory.create(keeper, directory);
        DockerNode node = site.node(engineHost, spec);
        CheckList own = new CheckList(false);
        node.check(own);
        List<Check> checks = new ArrayList<>(Refusals.requireNoFailure(own));
        Observation observed = node.observe(profile, probe);
        Launch launch = observed.launch().orElseThrow(() -> refuse(name + " was stopped while it was looked at"));
        DatabaseSpec database = switch (node.database(profile, launch)) {
            case NodeDatabase.Supported(DatabaseSpec supported) -> supported;
            case NodeDatabase.Unsupported(String reason) -> throw refuse(reason);
        };
        ApplicationVersion version = Refusals.requireVersion(observed);
        checks.addAll(Refusals.checks(observed, version));

        crashPoints.before(SwapEffect.INSPECT_LAUNCH.wireName());
        try (Fence.Held held = node.fence().claim(asked.installationId())) {
            node.register(held, observed);
        }
        crashPoints.after(SwapEffect.INSPECT_LAUNCH.wireName());
        return new Inspection.Found(
                asked.installationId(),
                new InstallationSpec(
                        asked.installationId(),
                        asked.name(),
                        profile.name(),
                        asked.site(),
                        List.of(spec),
                        database,
                        engineHost == null ? List.of() : List.of(engineHost)),
                observed.release(version, spec),
                checks);
    }

    private static void extract(DockerEngine engine, FoundContainer container, Profile profile)
            throws IOException, InterruptedException, StepFailedException {
        Optional<Path> database = container.unsafeH2(profile);
        if (database.isPresent()) {
            String volume = container.container().name() + "-h2";
            new H2Extraction(engine, STOP_GRACE).extract(container.container(), database.get(), volume);
        }
    }
}
