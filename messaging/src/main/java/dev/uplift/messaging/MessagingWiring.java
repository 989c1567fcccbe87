/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import io.quarkus.arc.DefaultBean;
import io.smallrye.common.annotation.Identifier;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.sql.DataSource;

/** Makes the messaging of a service, and what its channels have in common. */
final class MessagingWiring {
    @Produces
    @Singleton
    @DefaultBean
    static Clock clock() {
        // As PostgreSQL keeps times, so that what is answered first and what is read later are the same.
        return Clock.tick(Clock.systemUTC(), Duration.ofNanos(1_000));
    }

    /** Where Kafka is, once that is known: its clients do not come into being without it. */
    @Produces
    @Singleton
    static KafkaSettings kafka(ServiceSettings settings) {
        KafkaSettings kafka = KafkaSettings.of(settings);
        kafka.awaitName();
        return kafka;
    }

    @Produces
    @Singleton
    static MessagingRuntime messaging(
            ServiceSettings settings,
            KafkaSettings kafka,
            DataSource dataSource,
            Database database,
            Channels channels,
            MeterRegistry meters,
            OpenTelemetry openTelemetry,
            Clock clock) {
        return MessagingRuntime.of(settings, kafka, dataSource, database, channels, meters, openTelemetry, clock);
    }

    /** Of the channel {@code relay}. */
    @Produces
    @Identifier("uplift-relay")
    static Map<String, Object> relay(KafkaSettings kafka) {
        return channel(kafka, kafka.reliableProducer());
    }

    /** Of channels whose messages may get lost. */
    @Produces
    @Identifier("uplift-lossy")
    static Map<String, Object> lossy(KafkaSettings kafka) {
        return channel(kafka, kafka.lossyProducer());
    }

    static Map<String, Object> channel(KafkaSettings kafka, Map<String, Object> client) {
        Map<String, Object> config = new HashMap<>(client);
        config.put("client-id-prefix", kafka.clientId() + "-");
        config.put("cloud-events", false);
        config.put("tracing-enabled", false);
        // PartsHealth tells what is true: a failure that has passed would count for ever.
        config.put("health-enabled", false);
        config.put("close-timeout", 1_000);
        return config;
    }
}
