/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.host.Host;
import dev.uplift.host.Hosts;
import dev.uplift.host.testing.TestSshd;
import dev.uplift.testbed.containers.RequiresDocker;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real engine through a real OpenSSH server. */
@RequiresDocker
class SshDockerTest {
    @TempDir
    private static Path keys;

    private static TestSshd sshd;
    private static Hosts hosts;

    @BeforeAll
    static void serve() throws Exception {
        sshd = new TestSshd(keys);
        hosts = new Hosts();
    }

    @AfterAll
    static void stop() {
        hosts.close();
        sshd.close();
    }

    @Test
    void theEngineOfAHostIsTheSameThroughSshAndThroughTheHostItself() throws Exception {
        Host far = hosts.ssh(sshd.target(sshd.port()));
        try (DockerEngine local = DockerEngine.connect(DockerEndpoint.LOCAL);
                DockerEngine dialled = DockerEngine.connect(DockerEndpoint.of(hosts.local()));
                DockerEngine remote = DockerEngine.connect(DockerEndpoint.of(far))) {
            String id = local.info().getId();
            assertThat(id).isNotEmpty();
            assertThat(dialled.info().getId()).isEqualTo(id);
            for (int i = 0; i < 20; i++) {
                assertThat(remote.info().getId()).isEqualTo(id);
            }
        }
    }

    @Test
    void wordsThatWouldNeedQuotesAreRefused() throws Exception {
        Host far = hosts.ssh(sshd.target(sshd.port()));
        assertThatThrownBy(() -> far.converse(List.of("docker", "a;b"))).isInstanceOf(IllegalArgumentException.class);
    }
}
