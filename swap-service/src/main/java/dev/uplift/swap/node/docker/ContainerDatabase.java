/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.LaunchSettings;
import dev.uplift.swap.node.NodeDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where an application in a container keeps its data, as seen from the engine's host. */
record ContainerDatabase(Host host, Path directory) {
    private static final String H2_SUFFIX = ".mv.db";

    /** The database of the container of a node, as seen from there; its password is a reference into the node's launch file. */
    NodeDatabase of(NodeSpec node, ContainerInspection container, LaunchView view, Profile profile, Launch launch)
            throws IOException {
        @Nullable
        String password = launch.secrets().containsKey(LaunchSettings.DATABASE_PASSWORD)
                ? LaunchFile.reference(directory, LaunchSettings.DATABASE_PASSWORD)
                : null;
        return switch (profile.database().settings(view)) {
            case DatabaseSettings.PostgreSql server ->
                new NodeDatabase.Supported(new DatabaseSpec.PostgreSql(
                        server.host(),
                        server.port(),
                        server.database(),
                        server.user(),
                        password,
                        node.name(),
                        server.searchPath()));
            case DatabaseSettings.H2(Path path, String user, String _) ->
                node.host().equals(host.name())
                        ? h2(container, path, user.isEmpty() ? null : user, password)
                        : new NodeDatabase.Unsupported("its H2 database " + path + " lies on host " + node.host()
                                + ", of which nothing but the Docker Engine is reached: register that host by SSH, or"
                                + " move the database to PostgreSQL");
            case DatabaseSettings.Unsupported(String kind, String reason) ->
                new NodeDatabase.Unsupported("its database is not supported yet (" + kind + "): " + reason);
        };
    }

    private NodeDatabase h2(
            ContainerInspection container, Path inContainer, @Nullable String user, @Nullable String password)
            throws IOException {
        Optional<Path> plain = onHost(container, inContainer);
        Optional<Path> nested = onHost(container, nested(inContainer));
        Optional<Path> onHost =
                nested.isPresent() && (plain.isEmpty() || host.files().isFile(nested.get())) ? nested : plain;
        if (onHost.isEmpty()) {
            return new NodeDatabase.Unsupported("its H2 database " + inContainer
                    + " lies in the container itself, in no volume: an upgrade replaces the container, and the"
                    + " database would be lost with it. Move it to a volume first (uplift add --extract-h2 does"
                    + " that), or to PostgreSQL");
        }
        return new NodeDatabase.Supported(new DatabaseSpec.H2(
                host.name(), NodeDatabase.canonical(host, onHost.get()).toString(), user, password));
    }

    /** Images may make a directory of the database's name, and put the file into it. */
    static Path nested(Path file) {
        String name = String.valueOf(file.getFileName());
        String bare = name.endsWith(H2_SUFFIX) ? name.substring(0, name.length() - H2_SUFFIX.length()) : name;
        return file.resolveSibling(bare).resolve(name);
    }

    /** Where a file of the engine's host is in a container: by each of the mounts that hold it. */
    static List<Path> inContainer(Host host, ContainerInspection container, Path onHost) {
        List<Path> inside = new ArrayList<>();
        for (JsonNode mount : container.raw().path("Mounts")) {
            String source = mount.path("Source").asText("");
            String destination = mount.path("Destination").asText("");
            if (!source.isEmpty() && !destination.isEmpty()) {
                Path canonical = NodeDatabase.canonical(host, Path.of(source));
                if (onHost.startsWith(canonical)) {
                    inside.add(Path.of(destination)
                            .resolve(canonical.relativize(onHost).toString()));
                }
            }
        }
        return inside;
    }

    /** Where a path in a container is on the engine's host; empty if it is in the container's own layer or in memory. */
    static Optional<Path> onHost(ContainerInspection container, Path inContainer) {
        Optional<Path> found = Optional.empty();
        int depth = -1;
        for (JsonNode mount : container.raw().path("Mounts")) {
            Path destination = Path.of(mount.path("Destination").asText("/"));
            if (inContainer.startsWith(destination) && destination.getNameCount() > depth) {
                depth = destination.getNameCount();
                String source = mount.path("Source").asText("");
                found = source.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Path.of(source)
                                .resolve(destination.relativize(inContainer).toString()));
            }
        }
        return found;
    }
}
