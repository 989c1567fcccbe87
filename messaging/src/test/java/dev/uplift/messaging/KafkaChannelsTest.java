/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.junit.jupiter.api.Test;

class KafkaChannelsTest {
    /** The names of what is measured are Kafka's, and may change with its client. */
    @Test
    void kafkasClientMeasuresWhatTheWatchGoesBy() {
        String topic = TestTopic.uniqueName();
        TopicSetup.ensure(TestTopic.settings("reader"), List.of(TopicSpec.log(topic)));
        Map<String, Object> config = new HashMap<>(TestTopic.settings("reader").consumer());
        config.put(ConsumerConfig.GROUP_ID_CONFIG, topic);
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(config)) {
            assertThat(KafkaChannels.reading(consumer)).isEqualTo(new Channels.Reading(0, -1, false));

            consumer.subscribe(List.of(topic));
            await().atMost(Duration.ofSeconds(30)).pollInSameThread().until(() -> {
                consumer.poll(Duration.ofMillis(100));
                return KafkaChannels.reading(consumer).heartbeatSeconds() >= 0;
            });
            double before = KafkaChannels.reading(consumer).bytes();
            await().atMost(Duration.ofSeconds(30)).pollInSameThread().until(() -> {
                consumer.poll(Duration.ofMillis(100));
                return KafkaChannels.reading(consumer).bytes() > before;
            });
        }
    }
}
