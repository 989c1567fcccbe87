/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Host;
import dev.uplift.host.Hosts;
import dev.uplift.host.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The hosts and Docker Engines that this process works on, by what commands say of them. Safe for several threads. */
public final class HostConnections implements AutoCloseable {
    private final Hosts hosts;
    private final DockerEngines engines;
    private final Path home;

    /**
     * Nothing is connected to yet.
     *
     * @param home the directory for data on this machine
     * @param engine the Docker Engine of this machine
     */
    public HostConnections(Path home, DockerEndpoint engine) {
        this.hosts = new Hosts();
        this.engines = new DockerEngines(hosts, engine);
        this.home = home;
    }

    /** This machine. */
    public Host local() {
        return hosts.local();
    }

    /**
     * A host; this machine if none is described.
     *
     * @throws dev.uplift.host.UnexpectedPathException if nothing of it is reached but its Docker Engine
     */
    public Host host(@Nullable HostSpec spec) throws IOException {
        return hosts.of(spec);
    }

    /** A host of an installation by its name, as {@link #host(HostSpec)}. */
    public Host host(InstallationSpec installation, String name) throws IOException {
        return hosts.of(installation, name);
    }

    /** The Docker Engine of a host; of this machine if none is described. */
    public DockerEngine engine(@Nullable HostSpec spec) throws IOException, InterruptedException {
        return engines.of(spec);
    }

    /** The host that keeps what is known of the nodes on a host: itself, unless only its Docker Engine is reached. */
    public Host keeper(@Nullable HostSpec spec) throws IOException {
        return spec instanceof HostSpec.DockerTls ? hosts.local() : hosts.of(spec);
    }

    /** The host that keeps what is known of a node. */
    public Host keeper(InstallationSpec installation, NodeSpec node) throws IOException {
        return keeper(installation.host(node.host()).orElse(null));
    }

    /** The directory on {@link #keeper} for what is known of a container; it need not exist. */
    public Path directory(@Nullable HostSpec spec, String container) throws IOException {
        return ContainerDirectory.of(keeper(spec), spec == null ? NodeSpec.LOCAL : spec.name(), home, container);
    }

    /** The directory on {@link #keeper} for what is known of a node, and for its fence. */
    public Path directory(InstallationSpec installation, NodeSpec node) throws IOException {
        return switch (node) {
            case NodeSpec.InDirectory jar -> Path.of(jar.directory());
            case NodeSpec.Docker docker ->
                directory(installation.host(docker.host()).orElse(null), docker.container());
        };
    }

    /**
     * How a server is reached.
     *
     * @param keeper has the file that its password is in
     */
    public record ServerAccess(Host keeper, Route route) {}

    /** How the server of an installation's database is reached, as the node sees it that it was registered with. */
    public ServerAccess server(InstallationSpec installation, DatabaseSpec.PostgreSql server)
            throws IOException, InterruptedException {
        Optional<NodeSpec> from = installation.nodes().stream()
                .filter(node -> node.name().equals(server.reachedFrom()))
                .findFirst();
        if (from.isEmpty()) {
            return new ServerAccess(hosts.local(), hosts.local()::reach);
        }
        Host keeper = keeper(installation, from.get());
        return switch (from.get()) {
            case NodeSpec.InDirectory _ -> new ServerAccess(keeper, keeper::reach);
            case NodeSpec.Docker docker ->
                new ServerAccess(
                        keeper,
                        new ContainerRoute(
                                engine(installation.host(docker.host()).orElse(null)), keeper, docker.container()));
        };
    }

    @Override
    public void close() {
        try {
            engines.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            hosts.close();
        }
    }
}
