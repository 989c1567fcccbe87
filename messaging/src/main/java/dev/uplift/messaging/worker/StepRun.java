package dev.uplift.messaging.worker;

import dev.uplift.contract.Progress;
import dev.uplift.messaging.CrashPoints;

/** What a running step can do besides its work. */
public interface StepRun {
    /** Tells that the step moves. Cheap: call it as often as something changes; it is sent at most once a second. */
    void progress(Progress progress);

    /** Whether the step was told to stop because its undo waits. */
    boolean cancelled();

    /**
     * Ends a long step at a safe point.
     *
     * @throws StepCancelledException if it was told to stop
     */
    default void checkCancelled() {
        if (cancelled()) {
            throw new StepCancelledException();
        }
    }

    /**
     * How many times this command has been begun, from 1. With the command's epoch it orders those who
     * work on one target: a paused run that was taken over by another has the lower number.
     */
    int delivery();

    CrashPoints crashPoints();
}
