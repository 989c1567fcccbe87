/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.docker.DockerEngine;
import dev.uplift.host.Launch;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profile;
import dev.uplift.swap.node.LaunchSettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How a container is started, in the words in which any application's start is written down. */
record ContainerLaunch(DockerEngine engine, Path directory, ContainerInspection container) {
    private static final int SETTING_FILE_BYTES_MAX = 65_536;

    /** With what other services need to know of its secrets. User and groups are the image's affair: they are 0. */
    Launch of(Profile profile) {
        Launch launch = new Launch(
                argv(),
                container.environment(),
                0,
                0,
                List.of(),
                container.raw().path("Config").path("User").asText(""),
                directory.toString(),
                container.raw().path("Path").asText(),
                "",
                Map.of(),
                null,
                null);
        return launch.withSecrets(LaunchSettings.secrets(profile.database().settings(view())));
    }

    /** The start as profiles read it: paths are those in the container, and so are files that settings name. */
    LaunchView view() {
        Path workingDirectory = Path.of("/")
                .resolve(container.raw().path("Config").path("WorkingDir").asText(""));
        return new LaunchView(argv(), container.environment(), workingDirectory, this::settingFile);
    }

    private List<String> argv() {
        List<String> argv = new ArrayList<>();
        argv.add(container.raw().path("Path").asText());
        for (JsonNode argument : container.raw().path("Args")) {
            argv.add(argument.asText());
        }
        return argv;
    }

    private Optional<String> settingFile(Path file) {
        try {
            return engine.files().file(container.id(), file.toString(), ContainerLaunch::text);
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }

    private static String text(InputStream content) throws IOException {
        return new String(content.readNBytes(SETTING_FILE_BYTES_MAX), StandardCharsets.UTF_8);
    }
}
