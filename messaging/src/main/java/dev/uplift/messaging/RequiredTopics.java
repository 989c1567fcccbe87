/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.Topics;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.KafkaException;

/**
 * The topics that this process needs: created once Kafka can be reached, and again if somebody deletes
 * one, which is noticed within a minute, or when a message to it cannot be sent. Thread-safe.
 */
final class RequiredTopics {
    private static final Duration LOOK = Duration.ofMinutes(1);

    private final KafkaSettings kafka;
    private final Map<String, TopicSpec> required = new HashMap<>();
    private final Set<TopicSpec> doubtful = new HashSet<>();
    private long lookedAt = System.nanoTime();

    RequiredTopics(KafkaSettings kafka) {
        this.kafka = kafka;
    }

    synchronized void require(TopicSpec topic) {
        if (!topic.equals(required.put(topic.name(), topic))) {
            doubtful.add(topic);
        }
    }

    /** A topic that is read, with the place for its dead letters. */
    synchronized void requireInput(String topic) {
        require(required.getOrDefault(topic, TopicSpec.log(topic)));
        require(new TopicSpec(Topics.deadLetters(topic), 1, false));
    }

    /** Nothing can be sent to these: perhaps they are missing. */
    synchronized void doubt(Collection<String> names) {
        for (String name : names) {
            doubtful.add(required.computeIfAbsent(name, TopicSpec::log));
        }
    }

    /**
     * Returns once all exist. Asks Kafka only if that is in doubt.
     *
     * @throws KafkaException if Kafka cannot be reached or refuses; to be called again
     */
    void ensure() {
        Set<TopicSpec> missing = missing();
        if (!missing.isEmpty()) {
            // Without the lock: whoever requires a topic must not wait for Kafka.
            TopicSetup.ensure(kafka, missing);
            created(missing);
        }
    }

    private synchronized Set<TopicSpec> missing() {
        long now = System.nanoTime();
        if (now - lookedAt > LOOK.toNanos()) {
            lookedAt = now;
            doubtful.addAll(required.values());
        }
        return Set.copyOf(doubtful);
    }

    private synchronized void created(Set<TopicSpec> topics) {
        doubtful.removeAll(topics);
    }
}
