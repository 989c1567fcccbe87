/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import dev.uplift.contract.Json;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Counts what sagas do, as a dashboard that subscribes to {@code uplift.events} would. */
final class Transitions implements AutoCloseable {
    private static final String TYPE_HEADER = "ce_type";
    private static final byte[] TRANSITIONED = MessageType.UPGRADE_TRANSITIONED.getBytes(StandardCharsets.UTF_8);

    private final KafkaConsumer<String, byte[]> consumer;
    private final CountDownLatch open;
    private final Map<UpgradeStatus.State, Long> ended = new EnumMap<>(UpgradeStatus.State.class);
    private final Thread thread;
    private long count;

    /** Counts from now on, until so many sagas have ended. */
    Transitions(String bootstrapServers, int sagas) {
        open = new CountDownLatch(sagas);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.GROUP_ID_CONFIG,
                        "benchmark-" + UUID.randomUUID()),
                new StringDeserializer(),
                new ByteArrayDeserializer());
        List<TopicPartition> partitions = consumer.partitionsFor(Topics.EVENTS).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        // The end is looked for when somebody asks.
        partitions.forEach(consumer::position);
        thread = Thread.ofPlatform().name("transitions").start(this::run);
    }

    /** False if they have not all ended by then. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        return open.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    synchronized long count() {
        return count;
    }

    /** How many sagas ended in which state. */
    synchronized Map<UpgradeStatus.State, Long> ended() {
        return new EnumMap<>(ended);
    }

    private void run() {
        try (consumer) {
            while (!Thread.currentThread().isInterrupted()) {
                for (ConsumerRecord<String, byte[]> event : consumer.poll(Duration.ofSeconds(1))) {
                    take(event);
                }
            }
        } catch (WakeupException e) {
            // It is closed.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void take(ConsumerRecord<String, byte[]> event) throws IOException {
        if (Arrays.equals(event.headers().lastHeader(TYPE_HEADER).value(), TRANSITIONED)) {
            UpgradeTransitioned transition = Json.mapper().readValue(event.value(), UpgradeTransitioned.class);
            count++;
            if (transition.state().isFinal() || transition.state() == UpgradeStatus.State.PARKED) {
                ended.merge(transition.state(), 1L, Long::sum);
                open.countDown();
            }
        }
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
