/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.KafkaProducer;
import jakarta.inject.Singleton;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The channels of a service. */
@Singleton
final class KafkaChannels implements Channels {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaChannels.class);

    private final KafkaClientService clients;

    KafkaChannels(KafkaClientService clients) {
        this.clients = clients;
    }

    @Override
    public Producer<String, byte[]> producer(String channel) {
        KafkaProducer<String, byte[]> producer = clients.getProducer(channel);
        if (producer == null) {
            throw new IllegalStateException("no outgoing channel " + channel);
        }
        return producer.unwrap();
    }

    @Override
    public void ask(String channel, Consumer<@Nullable Reading> answer) {
        KafkaConsumer<String, byte[]> consumer = clients.getConsumer(channel);
        if (consumer == null) {
            throw new IllegalStateException("no incoming channel " + channel);
        }
        consumer.runOnPollingThread(KafkaChannels::reading).subscribe().with(answer, problem -> {
            LOG.debug("{} does not say how it does", channel, problem);
            answer.accept(null);
        });
    }

    static Reading reading(org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer) {
        return new Reading(
                metric(consumer, "consumer-metrics", "incoming-byte-total"),
                metric(consumer, "consumer-coordinator-metrics", "last-heartbeat-seconds-ago"),
                consumer.assignment().stream()
                        .anyMatch(partition -> consumer.currentLag(partition).orElse(0) > 0));
    }

    /** Names of Kafka's own, which its documentation lists under "Monitoring". */
    private static double metric(
            org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer, String group, String name) {
        return consumer.metrics().entrySet().stream()
                .filter(metric -> metric.getKey().group().equals(group)
                        && metric.getKey().name().equals(name))
                .map(metric -> ((Number) metric.getValue().metricValue()).doubleValue())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("Kafka's client does not measure " + name));
    }
}
