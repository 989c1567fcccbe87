package dev.uplift.messaging.worker;

/** A step ended early, at a safe point, because its undo waits. */
public final class StepCancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StepCancelledException() {
        super("cancelled: the step's undo waits");
    }
}
