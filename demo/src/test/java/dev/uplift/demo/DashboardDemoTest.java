/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.cli.Demo;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class DashboardDemoTest {
    @Test
    void theCommandFindsIt() {
        assertThat(ServiceLoader.load(Demo.class)).hasOnlyElementsOfType(DashboardDemo.class);
    }
}
