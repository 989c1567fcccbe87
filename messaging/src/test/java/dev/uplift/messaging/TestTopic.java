/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.WireCodec;
import dev.uplift.messaging.testing.KafkaBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** What a test sends to topics, and sees there. */
public final class TestTopic implements AutoCloseable {
    private static final AtomicLong OFFSETS = new AtomicLong();

    private final KafkaConsumer<String, byte[]> consumer;
    private final List<ConsumerRecord<String, byte[]>> seen = new ArrayList<>();

    private static final class Shared {
        static final KafkaProducer<String, byte[]> PRODUCER =
                new KafkaProducer<>(settings("test").reliableProducer());
    }

    /** Reads {@code topic} from its beginning. */
    public TestTopic(String topic) {
        TopicSetup.ensure(settings("test"), List.of(TopicSpec.log(topic)));
        Map<String, Object> config = new HashMap<>(settings("test").consumer());
        config.put("group.id", "unused");
        config.remove("group.instance.id");
        consumer = new KafkaConsumer<>(config);
        List<TopicPartition> partitions = await().atMost(Duration.ofSeconds(20))
                .pollInSameThread()
                .until(
                        () -> consumer.partitionsFor(topic).stream()
                                .map(partition -> new TopicPartition(topic, partition.partition()))
                                .toList(),
                        known -> !known.isEmpty());
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
    }

    public static KafkaSettings settings(String clientId) {
        return new KafkaSettings(KafkaBroker.shared().bootstrapServers(), clientId);
    }

    public static String uniqueName() {
        return "test." + UUID.randomUUID();
    }

    public static RecordMetadata send(ProducerRecord<String, byte[]> message) {
        try {
            return Shared.PRODUCER.send(message).get(20, SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a channel would read if {@code messages} were sent. */
    public static List<ConsumerRecord<String, byte[]>> read(String topic, Message... messages) {
        return read(Stream.of(messages)
                .map(message -> WireCodec.encode(topic, message))
                .toList());
    }

    /** What a channel would read if {@code messages} were sent. */
    public static List<ConsumerRecord<String, byte[]>> read(List<ProducerRecord<String, byte[]>> messages) {
        List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
        for (ProducerRecord<String, byte[]> message : messages) {
            ConsumerRecord<String, byte[]> record =
                    new ConsumerRecord<>(message.topic(), 0, OFFSETS.getAndIncrement(), message.key(), message.value());
            message.headers().forEach(record.headers()::add);
            records.add(record);
        }
        return records;
    }

    /** All records so far that {@code wanted} takes, once there are at least {@code count}. */
    public List<ConsumerRecord<String, byte[]>> take(int count, Predicate<ConsumerRecord<String, byte[]>> wanted) {
        await().atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(10))
                .pollInSameThread()
                .until(() -> {
                    consumer.poll(Duration.ofMillis(100)).forEach(seen::add);
                    return matching(wanted).size() >= count;
                });
        return matching(wanted);
    }

    private List<ConsumerRecord<String, byte[]>> matching(Predicate<ConsumerRecord<String, byte[]>> wanted) {
        return seen.stream().filter(wanted).toList();
    }

    public static String header(ConsumerRecord<String, byte[]> message, String name) {
        return new String(message.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    public static Message decode(ConsumerRecord<String, byte[]> message) {
        try {
            return WireCodec.decode(message);
        } catch (MalformedMessageException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
