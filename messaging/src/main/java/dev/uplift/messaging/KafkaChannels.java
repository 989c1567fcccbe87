package dev.uplift.messaging;

import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.KafkaProducer;
import jakarta.inject.Singleton;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
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
    public void askIfBehind(String channel, Consumer<Boolean> answer) {
        KafkaConsumer<String, byte[]> consumer = clients.getConsumer(channel);
        if (consumer == null) {
            throw new IllegalStateException("no incoming channel " + channel);
        }
        consumer.runOnPollingThread(KafkaChannels::isBehind)
                .subscribe()
                .with(answer, problem -> LOG.debug("{} does not say whether it is behind", channel, problem));
    }

    private static boolean isBehind(org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer) {
        return consumer.assignment().stream()
                .anyMatch(partition -> consumer.currentLag(partition).orElse(0) > 0);
    }
}
