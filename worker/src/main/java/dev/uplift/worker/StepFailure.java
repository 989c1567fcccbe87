/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * A step cannot keep its promise, for a reason that is known. The message is one line for a person: what was seen and
 * what to do, without secrets.
 */
public final class StepFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final boolean retryable;

    StepFailure(ErrorCode code, boolean retryable, String detail, @Nullable Throwable cause) {
        super(OneLine.of(detail), cause);
        this.code = code;
        this.retryable = retryable;
    }

    /** It will not succeed without somebody's help. */
    public static StepFailure refused(ErrorCode code, String detail) {
        return new StepFailure(code, false, detail, null);
    }

    /** It will not succeed without somebody's help; {@code cause} is for the log. */
    public static StepFailure refused(ErrorCode code, String detail, Throwable cause) {
        return new StepFailure(code, false, detail, cause);
    }

    /** It may succeed later. */
    public static StepFailure retryable(ErrorCode code, String detail) {
        return new StepFailure(code, true, detail, null);
    }

    /** It may succeed later; {@code cause} is for the log. */
    public static StepFailure retryable(ErrorCode code, String detail, Throwable cause) {
        return new StepFailure(code, true, detail, cause);
    }

    /** The same, with who it is about. */
    public StepFailure of(String who) {
        return new StepFailure(code, retryable, who + ": " + detail(), this);
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

    /** What is answered. */
    public StepOutcome.Failed outcome() {
        return new StepOutcome.Failed(code, retryable, detail());
    }
}
