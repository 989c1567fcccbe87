/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.messaging.PartsHealth;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.Liveness;

/**
 * Starts the worker that a service makes with its process, ends it with it, and tells whether it is alive. A
 * service has it by {@code quarkus.index-dependency}.
 */
@Singleton
final class WorkerProcess {
    private final StepWorker worker;

    /** A setting that is wrong stops the start-up: the worker is made by this first use of it. */
    WorkerProcess(StepWorker worker) {
        this.worker = worker;
    }

    void start(@Observes StartupEvent started) {
        worker.start();
    }

    void stop(@Observes ShutdownEvent stopped) {
        worker.close();
    }

    @Produces
    @Singleton
    @Liveness
    HealthCheck liveness() {
        return new PartsHealth("worker", worker::liveness);
    }
}
