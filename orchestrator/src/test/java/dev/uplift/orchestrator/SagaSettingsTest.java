/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.orchestrator.upgrade.SagaSettings;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What bounds a saga in production is what the saga is proven with. */
class SagaSettingsTest {
    @Test
    void defaultsAreTheLimitsThatTheSagaIsProvenWith() {
        assertThat(settings(Map.of()).limits()).isEqualTo(SagaLimits.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource({
        "uplift.saga.do-attempts-max, 0",
        "uplift.saga.undo-attempts-max, 101",
        "uplift.saga.pick-up-within, 0s",
        "uplift.saga.silence-max, 25h",
        "uplift.saga.back-off-max, 500ms",
        "uplift.saga.transitions-max, 49",
        "uplift.saga.outages-max, 0"
    })
    void settingOutOfRangeIsNamed(String key, String value) {
        SagaSettings settings = settings(Map.of(key, value));
        assertThatThrownBy(() -> assertThat(List.of(settings.limits(), settings.outages()))
                        .isEmpty())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(key)
                .hasMessageContaining("is possible");
    }

    private static SagaSettings settings(Map<String, String> given) {
        return new SmallRyeConfigBuilder()
                .withMapping(SagaSettings.class)
                .withDefaultValues(given)
                .addDiscoveredConverters()
                .build()
                .getConfigMapping(SagaSettings.class);
    }
}
