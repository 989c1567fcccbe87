/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JvmStartTest {
    @Test
    void aJvmThatMakesItsPerformanceDataIsLookedAtAgainUntilItIsInItsOwnDirectory() throws Exception {
        Deque<RunningProcess> looks = new ArrayDeque<>(List.of(in("/tmp/hsperfdata_x"), in("/opt/app")));

        List<RunningProcess> jars = JvmStart.over(() -> List.of(looks.remove()));

        assertThat(looks).isEmpty();
        assertThat(jars).extracting(RunningProcess::directory).containsExactly(Optional.of("/opt/app"));
    }

    private static RunningProcess in(String directory) {
        return new RunningProcess(
                new ProcessIdentity(7, 1),
                1,
                List.of("java", "-jar", "app.jar"),
                Optional.of(directory),
                Optional.of("/usr/bin/java"),
                0,
                0,
                List.of());
    }
}
