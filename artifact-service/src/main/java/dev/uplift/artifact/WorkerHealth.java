package dev.uplift.artifact;

import dev.uplift.messaging.worker.StepWorker;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Liveness;

/** Alive while the relay, the consumer and the queue are at work; a broker or database that is away does not count. */
@Liveness
final class WorkerHealth implements HealthCheck {
    private final StepWorker worker;

    WorkerHealth(StepWorker worker) {
        this.worker = worker;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response =
                HealthCheckResponse.named("worker").up();
        for (var part : worker.liveness()) {
            response.withData(part.name(), (part.up() ? "up, " : "down, ") + part.detail());
            if (!part.up()) {
                response.down();
            }
        }
        return response.build();
    }
}
