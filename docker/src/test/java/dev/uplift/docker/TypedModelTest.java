/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.RestartPolicy;
import com.github.dockerjava.core.DockerClientConfig;
import org.junit.jupiter.api.Test;

/**
 * Why containers are inspected and created in the engine's own words. Where a test fails with a newer docker-java, its
 * reason has gone.
 */
class TypedModelTest {
    private static final ObjectMapper TYPED = DockerClientConfig.getDefaultObjectMapper();

    @Test
    void whatAnInspectionSaysBelowItsFirstLevelIsLostIfTheModelDoesNotKnowIt() throws Exception {
        InspectContainerResponse container = TYPED.readValue("""
                {"New": 1, "Config": {"New": 1, "Healthcheck": {"New": 1}},
                 "HostConfig": {"New": 1, "Mounts": [{"Type": "volume", "New": 1}]}}""", InspectContainerResponse.class);
        assertThat(container.getRawValues()).containsKey("New");
        assertThat(TYPED.writeValueAsString(container.getHostConfig())).doesNotContain("New");
        assertThat(TYPED.writeValueAsString(container.getConfig())).doesNotContain("New");
    }

    @Test
    void whatIsReadByItselfIsWrittenTwiceAndAsItWasReadWhateverWasSetSince() throws Exception {
        HostConfig hostConfig = TYPED.readValue("""
                {"RestartPolicy": {"Name": "always"}, "Mounts": [{"Type": "volume", "New": 1}]}""", HostConfig.class);
        String written = TYPED.writeValueAsString(hostConfig.withRestartPolicy(RestartPolicy.noRestart()));
        assertThat(written.split("\"RestartPolicy\"", -1)).hasSize(3);
        JsonNode lastOneCounts = new ObjectMapper().readTree(written);
        assertThat(lastOneCounts.at("/RestartPolicy/Name").asText()).isEqualTo("always");
    }

    @Test
    void aContainerWithACapabilityThatTheModelDoesNotKnowCannotBeReadAtAll() {
        assertThatThrownBy(() -> TYPED.readValue("""
                {"HostConfig": {"CapAdd": ["CAP_NEWER"]}}""", InspectContainerResponse.class))
                .hasMessageContaining("NEWER");
    }

    @Test
    void noRestartIsNamedAndNotLeftEmpty() throws Exception {
        assertThat(TYPED.writeValueAsString(dev.uplift.docker.RestartPolicy.NO.toModel()))
                .contains("\"Name\":\"no\"");
        assertThat(TYPED.writeValueAsString(RestartPolicy.noRestart())).contains("\"Name\":\"\"");
    }
}
