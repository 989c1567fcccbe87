package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.Liveness;
import dev.uplift.messaging.MessagingRuntime;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/** Alive while the relay and every consumer are at work; a broker or database that is away does not count. */
@org.eclipse.microprofile.health.Liveness
final class MessagingHealth implements HealthCheck {
    private final MessagingRuntime messaging;

    MessagingHealth(MessagingRuntime messaging) {
        this.messaging = messaging;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("messaging").up();
        for (Liveness part : messaging.liveness()) {
            response.withData(part.name(), (part.up() ? "up, " : "down, ") + part.detail());
            if (!part.up()) {
                response.down();
            }
        }
        return response.build();
    }
}
