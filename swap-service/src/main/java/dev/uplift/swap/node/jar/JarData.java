/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.host.HostProcesses;
import dev.uplift.host.Launch;
import dev.uplift.host.ProcessIdentity;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.TcpConnection;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.NodeData;
import dev.uplift.swap.node.NodeDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Where a JAR keeps its data: its processes see what their host sees. */
record JarData(JarNode node) implements NodeData {
    @Override
    public NodeDatabase database(Profile profile, Launch launch) {
        return NodeDatabase.of(node.host(), node.spec().name(), profile, launch);
    }

    @Override
    public Set<TcpConnection> connections() throws IOException {
        HostProcesses processes = node.host().processes();
        Set<TcpConnection> connections = new LinkedHashSet<>();
        for (RunningProcess process : node.instances().processes()) {
            connections.addAll(processes.connections(process.identity()));
        }
        return connections;
    }

    @Override
    public boolean holds(DatabaseSpec.H2 file) throws IOException {
        Path path = Path.of(file.path());
        if (!node.host().files().exists(path)) {
            return false;
        }
        Set<ProcessIdentity> own = node.instances().processes().stream()
                .map(RunningProcess::identity)
                .collect(Collectors.toSet());
        return node.host().processes().holding(path).stream()
                .map(RunningProcess::identity)
                .anyMatch(own::contains);
    }
}
