/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.site;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.HostConnections;
import dev.uplift.docker.ImageReference;
import dev.uplift.docker.InvalidImageReferenceException;
import dev.uplift.docker.RegistryLogins;
import dev.uplift.host.Launch;
import dev.uplift.host.UnexpectedPathException;
import dev.uplift.profile.DatabaseRules;
import dev.uplift.swap.node.AppDatabase;
import dev.uplift.swap.node.Node;
import dev.uplift.swap.node.docker.DockerNode;
import dev.uplift.swap.node.docker.DockerPlace;
import dev.uplift.swap.node.jar.ProcessNode;
import dev.uplift.swap.node.systemd.SystemdNode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a site and their databases, as they are reached from this process.
 *
 * @param logins for the registries that containers' images are pulled from
 */
public record Site(HostConnections connections, RegistryLogins logins) {
    private static final String LOOPBACK = "127.0.0.1";

    /**
     * A node of an installation at its registered place.
     *
     * @throws UnexpectedPathException if it is not there, or its host is none for nodes of its kind
     */
    public Node node(InstallationSpec installation, NodeSpec spec) throws IOException, InterruptedException {
        HostSpec host = installation.host(spec.host()).orElse(null);
        return switch (spec) {
            case NodeSpec.JarProcess process -> new ProcessNode(connections.host(host), process);
            case NodeSpec.Systemd unit -> new SystemdNode(connections.host(host), unit);
            case NodeSpec.Docker container -> {
                Node node = node(host, container, connections.directory(host, container.container()));
                node.requireUnmoved();
                yield node;
            }
        };
    }

    /**
     * A container on the engine of a host, registered or not.
     *
     * @param directory for what is known of it
     */
    public DockerNode node(@Nullable HostSpec host, NodeSpec.Docker spec, Path directory)
            throws IOException, InterruptedException {
        DockerPlace place =
                new DockerPlace(spec.container(), repository(spec.image()), logins, directory, engineHost(host));
        return new DockerNode(connections.engine(host), connections.keeper(host), spec, place);
    }

    /** The name or address of an engine's host, where the keeper of its containers reaches what they publish. */
    public static String engineHost(@Nullable HostSpec host) {
        return host instanceof HostSpec.DockerTls tls ? tls.url().getHost() : LOOPBACK;
    }

    /**
     * Whether a node of the installation that is started so, and sees its database so, works on that of the installation,
     * as the same user.
     */
    public boolean isDatabase(InstallationSpec installation, DatabaseSpec seen, Launch launch, DatabaseRules rules)
            throws IOException, InterruptedException, SQLException {
        return sameUser(seen, installation.database())
                && database(installation.withDatabase(seen), rules, launch).isSame(database(installation, rules));
    }

    private static boolean sameUser(DatabaseSpec one, DatabaseSpec other) {
        return !(one instanceof DatabaseSpec.PostgreSql server)
                || !(other instanceof DatabaseSpec.PostgreSql another)
                || server.user().equals(another.user());
    }

    /** The database of an installation. */
    public AppDatabase database(InstallationSpec installation, DatabaseRules rules)
            throws IOException, InterruptedException {
        return database(installation, rules, null);
    }

    /** As its node sees it that is started so, before anything of that is written down. */
    public AppDatabase database(InstallationSpec installation, DatabaseRules rules, @Nullable Launch launch)
            throws IOException, InterruptedException {
        return switch (installation.database()) {
            case DatabaseSpec.H2 file -> AppDatabase.of(connections.host(installation, file.host()), file);
            case DatabaseSpec.PostgreSql server -> {
                HostConnections.ServerAccess access = connections.server(installation, server);
                yield AppDatabase.of(access.keeper(), access.route(), server, rules, launch);
            }
        };
    }

    private static ImageReference repository(String image) throws UnexpectedPathException {
        try {
            return ImageReference.parse(image);
        } catch (InvalidImageReferenceException e) {
            throw new UnexpectedPathException(String.valueOf(e.getMessage()));
        }
    }
}
