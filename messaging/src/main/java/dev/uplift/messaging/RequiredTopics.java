package dev.uplift.messaging;

import dev.uplift.contract.Topics;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaException;

/** The topics that this process needs, created once Kafka can be reached. Thread-safe. */
final class RequiredTopics {
    private final KafkaSettings kafka;
    private final Map<String, TopicSpec> missing = new LinkedHashMap<>();

    RequiredTopics(KafkaSettings kafka) {
        this.kafka = kafka;
    }

    synchronized void require(TopicSpec topic) {
        missing.put(topic.name(), topic);
    }

    /** A topic that is read, with the place for its dead letters. */
    synchronized void requireInput(String topic) {
        missing.putIfAbsent(topic, TopicSpec.log(topic));
        String deadLetters = Topics.deadLetters(topic);
        missing.put(deadLetters, new TopicSpec(deadLetters, 1, false));
    }

    /**
     * Returns once all exist.
     *
     * @throws KafkaException if Kafka cannot be reached or refuses; to be called again
     */
    synchronized void ensure() {
        if (!missing.isEmpty()) {
            TopicSetup.ensure(kafka, missing.values());
            missing.clear();
        }
    }
}
