/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.host.LaunchFile;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.Profile;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where an application keeps its data, by the settings it was started with. */
public sealed interface NodeDatabase {
    /** It can be backed up. */
    record Supported(DatabaseSpec spec) implements NodeDatabase {}

    /** It cannot; {@code reason} is one line. */
    record Unsupported(String reason) implements NodeDatabase {}

    /**
     * The database of an application that is started so; its password is a reference into its launch file.
     *
     * @param node its name, for what is reached as it is seen from there
     */
    static NodeDatabase of(Host host, String node, Profile profile, Launch launch) {
        @Nullable
        String password = launch.secrets().containsKey(LaunchSettings.DATABASE_PASSWORD)
                ? LaunchFile.reference(Path.of(launch.directory()), LaunchSettings.DATABASE_PASSWORD)
                : null;
        return switch (profile.database().settings(LaunchSettings.view(host, launch))) {
            case DatabaseSettings.PostgreSql server ->
                new Supported(asSeenFrom(
                        host,
                        node,
                        new DatabaseSpec.PostgreSql(
                                server.host(),
                                server.port(),
                                server.database(),
                                server.user(),
                                password,
                                null,
                                server.searchPath())));
            case DatabaseSettings.H2(Path path, String user, String _) ->
                new Supported(new DatabaseSpec.H2(
                        host.name(), canonical(host, path).toString(), user.isEmpty() ? null : user, password));
            case DatabaseSettings.Unsupported(String kind, String reason) ->
                new Unsupported("its database is not supported yet (" + kind + "): " + reason);
        };
    }

    private static DatabaseSpec asSeenFrom(Host host, String node, DatabaseSpec.PostgreSql server) {
        return host.name().equals(NodeSpec.LOCAL) ? server : server.seenFrom(node);
    }

    /** A file's path without any link in it; as it is where it is not there. */
    static Path canonical(Host host, Path file) {
        try {
            return host.files().realPath(file);
        } catch (IOException e) {
            return file;
        }
    }
}
