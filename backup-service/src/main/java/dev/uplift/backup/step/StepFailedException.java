package dev.uplift.backup.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.worker.StepOutcome;
import org.jspecify.annotations.Nullable;

/** A step cannot keep its promise, for a reason that is known. The message is one line for a person, without secrets. */
public final class StepFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;

    private StepFailedException(ErrorCode code, boolean retryable, String detail, @Nullable Throwable cause) {
        super(OneLine.of(detail), cause);
        this.code = code;
        this.retryable = retryable;
    }

    /** It will not succeed without somebody's help. */
    public static StepFailedException refused(ErrorCode code, String detail) {
        return new StepFailedException(code, false, detail, null);
    }

    /** It will not succeed without somebody's help; {@code cause} is for the log. */
    public static StepFailedException refused(ErrorCode code, String detail, Throwable cause) {
        return new StepFailedException(code, false, detail, cause);
    }

    /** It may succeed later. */
    public static StepFailedException failed(ErrorCode code, String detail) {
        return new StepFailedException(code, true, detail, null);
    }

    /** It may succeed later; {@code cause} is for the log. */
    public static StepFailedException failed(ErrorCode code, String detail, Throwable cause) {
        return new StepFailedException(code, true, detail, cause);
    }

    public ErrorCode code() {
        return code;
    }

    public StepOutcome outcome() {
        return new StepOutcome.Failed(code, retryable, String.valueOf(getMessage()));
    }
}
