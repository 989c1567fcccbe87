/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(Backends.class)
class ChannelsTest {
    private static final Pattern OF_CHANNEL = Pattern.compile("mp\\.messaging\\.(?:incoming|outgoing)\\.[^.]+\\.(.+)");

    /** Quarkus warns at each start that such a key is unknown, but for those that it sets itself. */
    @Test
    void noChannelHasAPropertyWithADotInItsKey() {
        List<String> keys = StreamSupport.stream(
                        ConfigProvider.getConfig().getPropertyNames().spliterator(), false)
                .map(OF_CHANNEL::matcher)
                .filter(matcher -> matcher.matches())
                .map(matcher -> matcher.group(1))
                .toList();

        assertThat(keys)
                .contains("topics", "connector")
                .filteredOn(key -> !key.matches("(key|value)\\.(de)?serializer"))
                .noneMatch(key -> key.contains("."));
    }
}
