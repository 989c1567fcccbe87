package dev.uplift.orchestrator.upgrade;

import jakarta.inject.Singleton;

/** Lets the sagas know whose time is up. */
@Singleton
public final class Deadlines {
    private final SagaRuntime sagas;

    Deadlines(SagaRuntime sagas) {
        this.sagas = sagas;
    }

    /** Tells every saga whose deadline is over, in batches. Several replicas may do it at once. */
    public void expire() {
        sagas.expire();
    }
}
