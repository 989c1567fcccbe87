/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.docker.DockerEndpoint;
import dev.uplift.docker.HostConnections;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.TestRun;
import dev.uplift.swap.TestSite;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.NodeProbe;
import dev.uplift.swap.site.Site;
import dev.uplift.testbed.containers.DockerContainers;
import dev.uplift.testbed.containers.RequiresDocker;
import dev.uplift.worker.StepHandler;
import dev.uplift.worker.StepOutcome;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new version in a container that answers nowhere. */
@Tag("docker")
@RequiresDocker
class ContainerHaltTest {
    private final UUID installationId = UUID.randomUUID();

    @TempDir
    private Path home;

    @Test
    void whatIgnoresTheRequestToEndIsKilledAlthoughItsPortIsNotPublished() throws Exception {
        try (DockerContainers containers = DockerContainers.open();
                NodeProbe probe = new NodeProbe(Duration.ofSeconds(3));
                HostConnections connections = new HostConnections(home, DockerEndpoint.LOCAL)) {
            String name = containers.name("metabase");
            containers.run(
                    "--name",
                    name,
                    "--publish",
                    "127.0.0.1::3000",
                    "--env",
                    "MB_JETTY_PORT=8080",
                    DockerContainers.JRE_IMAGE,
                    "sh",
                    "-c",
                    "trap '' TERM; while :; do sleep 1; done");
            NodeSpec.Docker spec = new NodeSpec.Docker(
                    "node-1", NodeSpec.LOCAL, name, "uplift-base/jre", URI.create("http://127.0.0.1:3000"));
            Site site = TestSite.of(connections);
            Node node = site.node(null, spec, connections.directory(null, name));
            node.launchRecord().makeDirectory();
            node.fence().claim(installationId, null).close();
            Profiles profiles = Profiles.load(Optional.of(Rig.profileWithGrace(home, 1)));
            StepHandler halt = new SwapSteps(site, profiles, probe, Clock.systemUTC())
                    .all().stream()
                            .filter(entry -> entry.step() == StepName.START && entry.direction() == Direction.UNDO)
                            .findFirst()
                            .orElseThrow()
                            .handler();

            StepOutcome outcome = halt.run(command(spec), new TestRun(1, CrashPoints.none()));

            assertThat(outcome).isInstanceOf(StepOutcome.Succeeded.class);
            assertThat(node.instances().running()).isEmpty();
        }
    }

    private StepCommand command(NodeSpec.Docker spec) {
        return new StepCommand(
                UUID.randomUUID(),
                0,
                StepName.START,
                Direction.UNDO,
                1,
                1,
                false,
                false,
                new InstallationSpec(
                        installationId,
                        "stand-in",
                        "metabase",
                        "default",
                        List.of(spec),
                        new DatabaseSpec.H2(NodeSpec.LOCAL, "/nowhere/metabase.db", null, null)),
                new Release(Rig.OLD, null, null, null),
                new Release(Rig.NEW, null, null, null),
                List.of(),
                null,
                null,
                null,
                new StepLimits(
                        Duration.ofSeconds(15), Duration.ofSeconds(60), Duration.ofSeconds(1), Duration.ofSeconds(1)));
    }
}
