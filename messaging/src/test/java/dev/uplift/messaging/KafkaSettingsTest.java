/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {
    @Test
    void anAddressIsNotWaitedFor() {
        new KafkaSettings("192.0.2.1:9092", "test").awaitName();
    }

    @Test
    void aNameThatNobodyKnowsYetIsWaitedFor() throws Exception {
        Thread waiting = Thread.ofPlatform()
                .unstarted(() -> assertThatThrownBy(() -> new KafkaSettings("kafka.invalid:9092", "test").awaitName())
                        .isInstanceOf(KafkaException.class));
        waiting.start();
        assertThat(waiting.join(Duration.ofSeconds(2))).isFalse();

        waiting.interrupt();
        assertThat(waiting.join(Duration.ofSeconds(20))).isTrue();
    }

    /** A channel reads texts that are numbers as numbers, and writes them anew. */
    @Test
    void namesOfInstancesStayAsTheyAre() {
        assertThat(new KafkaSettings("192.0.2.1:9092", "007").consumer())
                .containsEntry("group.instance.id", "uplift-007");
    }
}
