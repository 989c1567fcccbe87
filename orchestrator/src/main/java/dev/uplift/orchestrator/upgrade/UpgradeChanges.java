/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.orchestrator.publish.Change;
import jakarta.inject.Singleton;
import java.util.List;

/** What changed in the sagas, by the numbers of the live feed. */
@Singleton
public final class UpgradeChanges {
    private final SagaStore sagas;

    UpgradeChanges(SagaStore sagas) {
        this.sagas = sagas;
    }

    /** Transitions above {@code after} up to {@code upTo}, at most {@code limit}, in order. */
    public List<Change> transitions(long after, long upTo, int limit) {
        return sagas.transitions(after, upTo, limit);
    }

    /** The latest states of sagas whose last change is above {@code after} up to {@code upTo}, at most {@code limit}, in order. */
    public List<Change> states(long after, long upTo, int limit) {
        return sagas.changed(after, upTo, limit);
    }
}
