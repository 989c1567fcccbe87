/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.runtime;

import dev.uplift.messaging.MessagingRuntime;
import dev.uplift.messaging.Outbox;
import dev.uplift.messaging.PartsHealth;
import dev.uplift.profile.ProfileException;
import dev.uplift.profile.Profiles;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.Liveness;

/** Makes what all features stand on. */
final class ServiceWiring {
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
    Profiles profiles(OrchestratorSettings settings) throws ProfileException {
        return Profiles.load(Optional.of(settings.home().resolve("profiles")));
    }
}
