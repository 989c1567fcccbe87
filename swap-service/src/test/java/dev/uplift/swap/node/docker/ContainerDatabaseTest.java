/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.docker.ContainerInspection;
import dev.uplift.host.Launch;
import dev.uplift.host.LocalHost;
import dev.uplift.profile.LaunchView;
import dev.uplift.profile.Profiles;
import dev.uplift.swap.node.NodeDatabase;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerDatabaseTest {
    private static final List<String> ARGV = List.of("java", "-jar", "/app/metabase.jar");

    @TempDir
    Path directory;

    @Test
    void anH2FileInAVolumeIsRegisteredByItsPathOnTheHostWithoutLinks() throws Exception {
        Path volume = Files.createDirectory(directory.toRealPath().resolve("volume"));
        Path link = Files.createSymbolicLink(directory.resolve("link"), volume);
        Path file = Files.writeString(volume.resolve("metabase.db.mv.db"), "H:2");

        assertThat(database("local", link))
                .isEqualTo(new NodeDatabase.Supported(new DatabaseSpec.H2("local", file.toString(), null, null)));
    }

    @Test
    void anH2FileOfAHostOfWhichOnlyTheEngineIsReachedIsRefused() throws Exception {
        assertThat(database("far", directory))
                .isInstanceOfSatisfying(
                        NodeDatabase.Unsupported.class,
                        refused -> assertThat(refused.reason()).contains("host far", "register that host by SSH"));
    }

    private NodeDatabase database(String engineHost, Path source) throws Exception {
        ObjectNode raw = JsonNodeFactory.instance.objectNode();
        raw.withArrayProperty("Mounts").addObject().put("Destination", "/data").put("Source", source.toString());
        Map<String, String> environment = Map.of("MB_DB_FILE", "/data/metabase.db");
        return new ContainerDatabase(new LocalHost(), directory)
                .of(
                        new NodeSpec.Docker(
                                "node",
                                engineHost,
                                "metabase",
                                "example.org/metabase",
                                URI.create("http://127.0.0.1:1")),
                        new ContainerInspection(raw),
                        new LaunchView(ARGV, environment, Path.of("/"), _ -> Optional.empty()),
                        Profiles.load(Optional.empty()).byName("metabase").orElseThrow(),
                        new Launch(
                                ARGV,
                                environment,
                                0,
                                0,
                                List.of(),
                                "",
                                directory.toString(),
                                "java",
                                "",
                                Map.of(),
                                null,
                                null));
    }
}
