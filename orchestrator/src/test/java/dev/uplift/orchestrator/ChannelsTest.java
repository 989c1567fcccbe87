package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(Backends.class)
class ChannelsTest {
    /** Quarkus warns of such a key at each start: that it is unknown. */
    @Test
    void noChannelHasAPropertyWithADotInItsKey() {
        assertThat(ConfigProvider.getConfig().getPropertyNames())
                .anyMatch(name -> name.endsWith(".messaging.incoming.results.connector"))
                .noneMatch(name -> name.matches("\\w+\\.messaging\\.(incoming|outgoing)\\.[^.]+\\.[^.]+\\..+"));
    }
}
