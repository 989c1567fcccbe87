/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerException;
import dev.uplift.docker.DockerLostException;
import dev.uplift.docker.DockerUnreachableException;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.NodeData;
import dev.uplift.swap.node.NodeDatabase;
import dev.uplift.swap.node.UnseenException;
import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;

/** Where a container keeps its data: it sees files and connections of its own. */
record ContainerData(ContainerFamily family, NodeSpec spec) implements NodeData {
    /** Where the container's database is, as seen from the engine's host. */
    @Override
    public NodeDatabase database(Profile profile, Launch launch) throws IOException {
        return EngineQuestion.answer(() -> {
            ContainerInspection container = family.requireInPlace();
            Path directory = family.place().directory();
            ContainerLaunch view = new ContainerLaunch(family.engine(), directory, container);
            return new ContainerDatabase(family.host(), directory).of(spec, container, view.view(), profile, launch);
        });
    }

    @Override
    public Set<TcpConnection> connections() throws IOException, InterruptedException {
        return look(container -> family.engine().processes().connections(container));
    }

    @Override
    public boolean holds(DatabaseSpec.H2 file) throws IOException, InterruptedException {
        Host host = family.host();
        return look(container -> {
            for (Path inside : ContainerDatabase.inContainer(host, container, Path.of(file.path()))) {
                if (family.engine().processes().holds(container, inside)) {
                    return true;
                }
            }
            return false;
        });
    }

    /** What a look into a container tells. */
    @FunctionalInterface
    private interface Look<T> {
        T at(ContainerInspection container) throws IOException, InterruptedException;
    }

    private <T> T look(Look<T> look) throws IOException, InterruptedException {
        try {
            return look.at(family.requireInPlace());
        } catch (StepFailure e) {
            throw new UnseenException(e.detail());
        } catch (DockerLostException | DockerUnreachableException e) {
            throw e;
        } catch (DockerException e) {
            throw new UnseenException("it cannot be looked into: " + e.getMessage());
        }
    }
}
