package dev.uplift.orchestrator.upgrade;

import dev.uplift.orchestrator.publish.Change;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** What changed in the sagas, by the numbers of the live feed. */
public final class UpgradeChanges {
    private UpgradeChanges() {}

    /** Transitions above {@code after} up to {@code upTo}, at most {@code limit}, in order. */
    public static List<Change> transitions(Handle handle, long after, long upTo, int limit) {
        return SagaStore.transitions(handle, after, upTo, limit);
    }

    /** The latest states of sagas whose last change is above {@code after} up to {@code upTo}, at most {@code limit}, in order. */
    public static List<Change> states(Handle handle, long after, long upTo, int limit) {
        return SagaStore.changed(handle, after, upTo, limit);
    }
}
