/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.systemd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class UnitChecksTest {
    private static final String DIRECTORY = "/opt/metabase";

    @Test
    void whatCannotBeWorkedOnIsRefusedWithItsTrueReason() {
        assertThat(unsupported(Map.of(), DIRECTORY)).isEmpty();
        assertThat(unsupported(Map.of("RootDirectory", "/srv/root"), DIRECTORY)).contains("RootDirectory=/srv/root");
        assertThat(unsupported(Map.of("RootImage", "/srv/image"), DIRECTORY)).contains("RootImage=/srv/image");
        assertThat(unsupported(Map.of("PrivateNetwork", "yes"), DIRECTORY)).contains("PrivateNetwork=");
        assertThat(unsupported(Map.of("NetworkNamespacePath", "/run/netns/a"), DIRECTORY))
                .contains("NetworkNamespacePath=");
        assertThat(unsupported(Map.of("DynamicUser", "yes"), DIRECTORY)).isEmpty();
        assertThat(unsupported(Map.of("DynamicUser", "yes"), "/var/lib/private/metabase"))
                .contains("DynamicUser=", "fixed user");
        assertThat(unsupported(Map.of("DynamicUser", "no"), "/var/lib/private/metabase"))
                .isEmpty();
    }

    private static String unsupported(Map<String, String> properties, String place) {
        return UnitChecks.unsupported("metabase.service", new SystemdUnit.State(properties), place)
                .orElse("");
    }
}
