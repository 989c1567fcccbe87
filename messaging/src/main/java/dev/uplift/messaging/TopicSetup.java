/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Creates the topics that are missing. */
public final class TopicSetup {
    private static final int WAIT_SECONDS = 15;

    private TopicSetup() {}

    /**
     * Creates what is missing of {@code topics}, with the broker's replication; leaves what exists as
     * it is. Idempotent; several processes may do it at once.
     *
     * @throws KafkaException if Kafka cannot be reached or refuses; part of the topics may exist then
     */
    public static void ensure(KafkaSettings kafka, Collection<TopicSpec> topics) {
        Admin admin = Admin.create(kafka.admin());
        try {
            CreateTopicsResult created = admin.createTopics(
                    topics.stream().map(TopicSetup::newTopic).distinct().toList());
            for (KafkaFuture<Void> one : created.values().values()) {
                await(one);
            }
        } finally {
            // With more patience it would wait for a Kafka that is away.
            admin.close(Duration.ZERO);
        }
    }

    /**
     * Whether a topic is there; never makes one.
     *
     * @throws KafkaException if Kafka cannot be reached or refuses
     */
    static boolean exists(KafkaSettings kafka, String topic) {
        Admin admin = Admin.create(kafka.admin());
        try {
            admin.describeTopics(List.of(topic)).allTopicNames().get(WAIT_SECONDS, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return false;
            }
            throw new KafkaException("Kafka does not tell whether a topic exists: " + OneLine.of(e), e);
        } catch (TimeoutException e) {
            throw new KafkaException("Kafka does not answer", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } finally {
            admin.close(Duration.ZERO);
        }
    }

    private static void await(KafkaFuture<Void> created) {
        try {
            created.get(WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new KafkaException("topics could not be created: " + OneLine.of(e), e);
            }
        } catch (TimeoutException e) {
            throw new KafkaException("topics could not be created: Kafka does not answer", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static NewTopic newTopic(TopicSpec topic) {
        NewTopic created = new NewTopic(topic.name(), Optional.of(topic.partitions()), Optional.empty());
        return topic.compacted()
                ? created.configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT))
                : created;
    }
}
