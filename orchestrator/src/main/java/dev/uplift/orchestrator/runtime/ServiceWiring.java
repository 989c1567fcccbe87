package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.KafkaSettings;
import dev.uplift.messaging.KillAt;
import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Outbox;
import dev.uplift.messaging.PartsHealth;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import javax.sql.DataSource;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.Liveness;

/** Makes what all features stand on. */
final class ServiceWiring {
    private static final String SERVICE = "orchestrator";

    @Produces
    @Singleton
    MessagingRuntime messaging(
            ServiceSettings settings, DataSource dataSource, MeterRegistry meters, OpenTelemetry openTelemetry) {
        return new MessagingRuntime(
                new MessagingRuntime.Settings(
                        SERVICE,
                        settings.instance(),
                        new KafkaSettings(settings.kafkaBootstrapServers(), settings.instance())),
                dataSource,
                meters,
                openTelemetry,
                KillAt.armedIn(settings.crashDirectory(), SERVICE));
    }

    @Produces
    @Singleton
    Outbox outbox(MessagingRuntime messaging) {
        return messaging.outbox();
    }

    @Produces
    @Singleton
    @Liveness
    HealthCheck liveness(MessagingRuntime messaging) {
        return new PartsHealth("messaging", messaging::liveness);
    }

    /** A profile with an error stops the start-up: a missing rule could let a wrong upgrade begin. */
    @Produces
    @Singleton
    Profiles profiles(ServiceSettings settings) throws ProfileException {
        return Profiles.load(Optional.of(settings.home().resolve("profiles")));
    }
}
