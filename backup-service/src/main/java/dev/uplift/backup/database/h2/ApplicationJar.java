/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.h2;

import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.ContainerRecord;
import dev.uplift.docker.DockerEngine;
import dev.uplift.docker.HostConnections;
import dev.uplift.host.Host;
import dev.uplift.host.HostJar;
import dev.uplift.host.JarReading;
import dev.uplift.host.UnexpectedPathException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Predicate;

/** The JAR that an application runs, wherever it is. It is looked for when it is read. */
public interface ApplicationJar {
    /** What it is called in messages. */
    String name();

    /**
     * Reads the entries whose names are wanted.
     *
     * @throws IOException also if there is no such JAR
     */
    void read(Predicate<String> wanted, JarReading reading) throws IOException, InterruptedException;

    /** A file of a host. */
    static ApplicationJar onHost(Host host, Path file) {
        return new ApplicationJar() {
            @Override
            public String name() {
                return String.valueOf(file.getFileName());
            }

            @Override
            public void read(Predicate<String> wanted, JarReading reading) throws IOException {
                try (HostJar jar = new HostJar(host, file)) {
                    jar.read(wanted, reading);
                }
            }
        };
    }

    /** The JAR in a node's container, which need not run: where it is in it was written down when it was registered. */
    static ApplicationJar inContainer(
            HostConnections connections, InstallationSpec installation, NodeSpec.Docker node) {
        return new ApplicationJar() {
            @Override
            public String name() {
                return "the JAR of container " + node.container();
            }

            @Override
            public void read(Predicate<String> wanted, JarReading reading) throws IOException, InterruptedException {
                DockerEngine engine =
                        connections.engine(installation.host(node.host()).orElse(null));
                ContainerInspection container = engine.containers()
                        .find(node.container())
                        .filter(found -> found.name().equals(node.container()))
                        .orElseThrow(() -> new UnexpectedPathException(
                                "there is no container " + node.container() + " on " + engine.name()));
                String path = ContainerRecord.read(
                                connections.keeper(installation, node), connections.directory(installation, node))
                        .map(ContainerRecord::jar)
                        .orElseThrow(() -> new UnexpectedPathException("nobody knows where the JAR is in container "
                                + node.container() + ": register it again while it runs"));
                if (!engine.files().readJar(container.id(), path, wanted, reading)) {
                    throw new UnexpectedPathException("there is no " + path + " in container " + node.container());
                }
            }
        };
    }
}
