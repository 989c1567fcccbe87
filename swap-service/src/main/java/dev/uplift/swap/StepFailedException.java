package dev.uplift.swap;

import dev.uplift.contract.ErrorCode;

/** A step's promise cannot be kept. Its text is one line for a person, without secrets. */
public final class StepFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;

    private StepFailedException(ErrorCode code, boolean retryable, String detail) {
        super(detail);
        this.code = code;
        this.retryable = retryable;
    }

    /** It will not succeed without somebody's help. */
    public static StepFailedException refused(ErrorCode code, String detail) {
        return new StepFailedException(code, false, detail);
    }

    /** It may succeed later. */
    public static StepFailedException retryable(ErrorCode code, String detail) {
        return new StepFailedException(code, true, detail);
    }

    /** The same, with who it is about. */
    public StepFailedException of(String who) {
        StepFailedException named = new StepFailedException(code, retryable, who + ": " + detail());
        named.addSuppressed(this);
        return named;
    }

    public ErrorCode code() {
        return code;
    }

    public boolean isRetryable() {
        return retryable;
    }

    /** What was seen, and what to do. */
    public String detail() {
        return String.valueOf(getMessage());
    }
}
