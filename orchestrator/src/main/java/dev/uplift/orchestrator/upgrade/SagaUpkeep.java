/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import jakarta.inject.Singleton;
import java.time.Instant;

/** What has to be done for the sagas again and again. Several replicas may do it at once. */
@Singleton
public final class SagaUpkeep {
    private final SagaRuntime sagas;

    SagaUpkeep(SagaRuntime sagas) {
        this.sagas = sagas;
    }

    /** Tells every saga whose deadline is over, in batches. */
    public void expire() {
        sagas.expire();
    }

    /** Lets those stop their applications that wait for it, as far as there is room for outages. */
    public void beginOutages() {
        sagas.beginOutages();
    }

    /** Forgets dry runs, logged transitions and answered requests from before {@code oldest}. Upgrades and restores stay. */
    public void forget(Instant oldest) {
        sagas.forget(oldest);
    }
}
