/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.host.Host;
import dev.uplift.host.Launch;
import dev.uplift.profile.DatabaseSettings;
import dev.uplift.profile.LaunchView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a launch says of the application: its settings, as profiles read them, and its secrets. */
public final class LaunchSettings {
    /** The name of the database's password in {@link Launch#secrets()}. */
    public static final String DATABASE_PASSWORD = "database-password";

    private static final int SETTING_FILE_BYTES_MAX = 65_536;

    private LaunchSettings() {}

    /** The launch as profiles read it. */
    public static LaunchView view(Host host, Launch launch) {
        return new LaunchView(
                launch.argv(), launch.environment(), Path.of(launch.directory()), file -> settingFile(host, file));
    }

    /** What other services need to know to reach a database, by names of ours. */
    public static Map<String, String> secrets(DatabaseSettings settings) {
        return switch (settings) {
            case DatabaseSettings.PostgreSql server ->
                server.password() == null ? Map.of() : Map.of(DATABASE_PASSWORD, server.password());
            case DatabaseSettings.H2 file ->
                file.password().isEmpty() ? Map.of() : Map.of(DATABASE_PASSWORD, file.password());
            case DatabaseSettings.Unsupported _ -> Map.of();
        };
    }

    private static Optional<String> settingFile(Host host, Path file) {
        try {
            return Optional.of(new String(host.files().read(file, SETTING_FILE_BYTES_MAX), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
