/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.orchestrator.saga.SagaLimits;
import dev.uplift.profile.Profiles;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes this package's parts that others use. */
final class UpgradeWiring {
    @Produces
    @Singleton
    SagaLimits limits(SagaSettings settings) {
        return settings.limits();
    }

    @Produces
    @Singleton
    OutageLimit outages(SagaSettings settings) {
        return settings.outages();
    }

    @Produces
    @Singleton
    TargetCheck targets(Profiles profiles) {
        return new ProfileTargets(profiles::byName);
    }
}
