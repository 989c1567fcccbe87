/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ReleaseTest {
    private static final String JAR = "a".repeat(64);
    private static final String IMAGE = "b".repeat(64);
    private static final URI URL = URI.create("http://127.0.0.1:3000");
    private static final NodeSpec PROCESS =
            new NodeSpec.JarProcess("node-1", NodeSpec.LOCAL, "/srv/metabase", "metabase.jar", URL);
    private static final NodeSpec CONTAINER = container("node-2", "docker.io/metabase/metabase");
    private static final NodeSpec OTHER = container("node-3", "registry.example.org/metabase/metabase");

    @Test
    void everyNodeRunsTheArtifactOfItsKind() {
        Release release = new Release("v0.50.1", null, JAR, Map.of("metabase/metabase", IMAGE), null);

        assertThat(release.sha256(PROCESS)).contains(JAR);
        assertThat(release.sha256(CONTAINER)).contains(IMAGE);
        assertThat(release.sha256(OTHER)).isEmpty();
        assertThat(new Release("v0.50.1", null, null, null).with(PROCESS, JAR).with(CONTAINER, IMAGE))
                .isEqualTo(release);
    }

    @Test
    void aRepositoryIsOneHoweverItIsWritten() {
        assertThat(new Release("v1", null, null, Map.of("index.docker.io/library/metabase", IMAGE), null).images())
                .containsOnlyKeys("metabase");
        assertThatThrownBy(() -> new Release(
                        "v1", null, null, Map.of("metabase", IMAGE, "docker.io/library/metabase", IMAGE), null))
                .hasMessage("release.images has one repository twice");
        assertThatThrownBy(() -> new Release("v1", null, null, Map.of("metabase:v1", IMAGE), null))
                .hasMessageContaining("is not a repository without tag or digest");
    }

    @Test
    void anArtifactIsForTheNodesOfItsKind() {
        Artifact jar = new Artifact(JAR, 1, "v1", null, URI.create("http://127.0.0.1/a"), true);
        Artifact image = new Artifact(
                IMAGE, 1, "v1", null, URI.create("docker://docker.io/metabase/metabase@sha256:" + IMAGE), true);

        assertThat(List.of(jar.isFor(PROCESS), jar.isFor(CONTAINER), jar.isFor(OTHER)))
                .containsExactly(true, false, false);
        assertThat(List.of(image.isFor(PROCESS), image.isFor(CONTAINER), image.isFor(OTHER)))
                .containsExactly(false, true, false);
        assertThatThrownBy(() -> new Artifact(
                        JAR, 1, "v1", null, URI.create("docker://metabase/metabase@sha256:" + IMAGE), true))
                .hasMessage("artifact.location is not by the image's digest");
    }

    @Test
    void aNodeJoinsUnderAFreeNameAndLeavesWithItsHost() {
        HostSpec host = new HostSpec.DockerTls(
                "engine", URI.create("https://engine.example.org:2376"), "env:CA", "env:CERT", "env:KEY");
        InstallationSpec alone = new InstallationSpec(
                new UUID(1, 2),
                "sales",
                "metabase",
                "default",
                List.of(PROCESS),
                new DatabaseSpec.PostgreSql("db", 5432, "metabase", "metabase", null));
        NodeSpec remote = new NodeSpec.Docker(alone.freeNodeName(), "engine", "metabase", "metabase/metabase", URL);

        InstallationSpec both = alone.withNode(remote, host);

        assertThat(remote.name()).isEqualTo("node-2");
        assertThat(both.hosts()).containsExactly(host);
        assertThat(both.databaseIdentity()).isEqualTo(alone.databaseIdentity());
        assertThat(both.withoutNode("node-2")).isEqualTo(alone);
        assertThatThrownBy(() -> both.withoutNode("node-1")).hasMessageContaining("is the first of sales");
        assertThatThrownBy(() -> both.withoutNode("node-3")).hasMessage("no node of sales is named node-3");
    }

    private static NodeSpec container(String name, String repository) {
        return new NodeSpec.Docker(name, NodeSpec.LOCAL, "metabase", repository, URL);
    }
}
