package dev.uplift.artifact.transfer;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.OneLine;
import dev.uplift.messaging.worker.StepOutcome;

/** An artifact could not be had, for a reason that is known. The message is one line for a person, without secrets. */
public final class TransferFailedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;

    private TransferFailedException(ErrorCode code, boolean retryable, String detail) {
        super(OneLine.of(detail));
        this.code = code;
        this.retryable = retryable;
    }

    /** It will not succeed without somebody's help. */
    public static TransferFailedException refused(ErrorCode code, String detail) {
        return new TransferFailedException(code, false, detail);
    }

    /** It may succeed later. */
    public static TransferFailedException failed(ErrorCode code, String detail) {
        return new TransferFailedException(code, true, detail);
    }

    public ErrorCode code() {
        return code;
    }

    public boolean retryable() {
        return retryable;
    }

    /** One line for a person. */
    public String detail() {
        return String.valueOf(getMessage());
    }

    public StepOutcome outcome() {
        return new StepOutcome.Failed(code, retryable, detail());
    }
}
