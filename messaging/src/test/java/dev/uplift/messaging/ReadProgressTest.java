/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Up to when a consumer has read. */
class ReadProgressTest {
    private final String topic = TestTopic.uniqueName();

    @Test
    void whatIsNotReadHoldsItBackUntilItIs() throws Exception {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(TopicSpec.log(topic)));
        String group = TestTopic.uniqueName();
        try (ReadProgress progress = new ReadProgress(TestTopic.settings("t"), group, List.of(topic));
                Admin admin = Admin.create(TestTopic.settings("t").admin())) {
            assertThat(progress.look()).isPresent();

            RecordMetadata sent = send();
            assertThat(progress.look()).isEmpty();
            assertThat(progress.look()).isEmpty();
            Map<TopicPartition, OffsetAndMetadata> read = new HashMap<>();
            read.put(new TopicPartition(topic, sent.partition()), new OffsetAndMetadata(sent.offset() + 1));
            admin.alterConsumerGroupOffsets(group, read).all().get(20, TimeUnit.SECONDS);

            await().atMost(Duration.ofSeconds(20)).until(() -> progress.look().isPresent());
            assertThat(progress.look())
                    .hasValueSatisfying(age -> assertThat(age).isLessThan(Duration.ofSeconds(5)));
        }
    }

    @Test
    void whatKafkaHasDeletedIsNotWaitedFor() throws Exception {
        TopicSetup.ensure(TestTopic.settings("t"), List.of(new TopicSpec(topic, 1, false)));
        var _ = send();
        try (Admin admin = Admin.create(TestTopic.settings("t").admin());
                ReadProgress progress = new ReadProgress(TestTopic.settings("t"), "nobody", List.of(topic))) {
            assertThat(progress.look()).isEmpty();
            Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
            all.put(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(-1));
            admin.deleteRecords(all).all().get(20, TimeUnit.SECONDS);

            await().atMost(Duration.ofSeconds(20)).until(() -> progress.look().isPresent());
        }
    }

    @Test
    void aTopicThatIsMissingIsNotRead() {
        try (ReadProgress progress = new ReadProgress(TestTopic.settings("t"), "nobody", List.of(topic))) {
            assertThatThrownBy(progress::look).isInstanceOf(KafkaException.class);
        }
    }

    private RecordMetadata send() {
        return TestTopic.send(new ProducerRecord<>(topic, "key", "{}".getBytes(StandardCharsets.UTF_8)));
    }
}
