/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import static java.util.stream.Collectors.toMap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Up to which moment a consumer, of whichever process, has read its topics: everything that Kafka had then is
 * taken and acknowledged. Asks Kafka, so it does not depend on who reads and how. For one thread at a time.
 */
public final class ReadProgress implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final KafkaSettings kafka;
    private final String group;
    private final List<String> topics;
    private @Nullable Admin admin;
    private @Nullable Ends awaited;

    /** Where the topics ended at a moment, by {@link System#nanoTime()}. */
    private record Ends(long atNanos, Map<TopicPartition, Long> offsets) {}

    ReadProgress(KafkaSettings kafka, String group, List<String> topics) {
        this.kafka = kafka;
        this.group = group;
        this.topics = List.copyOf(topics);
    }

    /**
     * How long ago the latest moment is up to which everything is known to be read. Empty: what was there at the
     * last call is not yet read. To be called again and again.
     *
     * @throws KafkaException if Kafka cannot be asked
     */
    public Optional<Duration> look() {
        try {
            Admin asked = admin();
            Ends reached = null;
            if (awaited != null && isRead(asked, awaited)) {
                reached = awaited;
                awaited = null;
            }
            if (awaited == null) {
                Ends now = ends(asked);
                if (isRead(asked, now)) {
                    reached = now;
                } else {
                    awaited = now;
                }
            }
            return Optional.ofNullable(reached).map(ends -> Duration.ofNanos(System.nanoTime() - ends.atNanos()));
        } catch (KafkaException e) {
            close();
            throw e;
        }
    }

    @Override
    public void close() {
        if (admin != null) {
            // With more patience it would wait for a Kafka that is away.
            admin.close(Duration.ZERO);
            admin = null;
        }
    }

    private Admin admin() {
        Admin current = admin;
        if (current == null) {
            current = Admin.create(kafka.admin());
            admin = current;
        }
        return current;
    }

    private Ends ends(Admin asked) {
        long now = System.nanoTime();
        List<TopicPartition> partitions = new ArrayList<>();
        await(asked.describeTopics(topics).allTopicNames())
                .forEach((topic, description) -> description
                        .partitions()
                        .forEach(partition -> partitions.add(new TopicPartition(topic, partition.partition()))));
        return new Ends(now, offsets(asked, partitions, OffsetSpec.latest()));
    }

    private boolean isRead(Admin asked, Ends ends) {
        Map<TopicPartition, OffsetAndMetadata> committed =
                await(asked.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        List<TopicPartition> behind = ends.offsets().entrySet().stream()
                .filter(end -> end.getValue() > 0 && offset(committed.get(end.getKey())) < end.getValue())
                .map(Map.Entry::getKey)
                .toList();
        // What Kafka has deleted nobody will read.
        return behind.isEmpty()
                || offsets(asked, behind, OffsetSpec.earliest()).entrySet().stream()
                        .allMatch(first -> first.getValue() >= ends.offsets().getOrDefault(first.getKey(), 0L));
    }

    private static long offset(@Nullable OffsetAndMetadata committed) {
        return committed == null ? 0 : committed.offset();
    }

    private static Map<TopicPartition, Long> offsets(Admin asked, List<TopicPartition> partitions, OffsetSpec which) {
        Map<TopicPartition, ListOffsetsResultInfo> offsets =
                await(asked.listOffsets(partitions.stream().collect(toMap(partition -> partition, partition -> which)))
                        .all());
        return offsets.entrySet().stream()
                .collect(toMap(Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private static <T> T await(KafkaFuture<T> answer) {
        try {
            return answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new KafkaException("Kafka does not say what was read: " + OneLine.of(e), e);
        } catch (TimeoutException e) {
            throw new KafkaException("Kafka does not answer", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
