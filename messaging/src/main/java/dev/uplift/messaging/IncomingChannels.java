/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import jakarta.inject.Singleton;
import java.util.Map;

/**
 * How channels read commands, results and triggers: batches, acknowledged after their transaction. A service makes a bean
 * of each channel's name with it. The group is here, and not among the channel's properties, because Quarkus takes their keys
 * with a dot for mistakes.
 */
@Singleton
public final class IncomingChannels {
    private final KafkaSettings kafka;
    private final ServiceSettings settings;

    IncomingChannels(KafkaSettings kafka, ServiceSettings settings) {
        this.kafka = kafka;
        this.settings = settings;
    }

    /** The configuration of a channel whose batches {@link MessagingRuntime#intake} of the same consumer takes. */
    public Map<String, Object> config(String consumer) {
        Map<String, Object> config = MessagingWiring.channel(kafka, kafka.consumer());
        config.put("group.id", MessagingRuntime.Settings.group(settings.service(), consumer));
        config.put("batch", true);
        config.put("commit-strategy", AfterTransaction.NAME);
        // One batch waits while one is being taken; the thread that polls looks after acknowledgements in between.
        config.put("max-queue-size-factor", 1);
        config.put("poll-timeout", 200);
        config.put("retry-max-wait", 3);
        config.put("graceful-shutdown", false);
        return config;
    }
}
