package dev.uplift.backup.step;

import dev.uplift.contract.ErrorCode;
import dev.uplift.messaging.worker.StepOutcome;
import org.jspecify.annotations.Nullable;

/** A step cannot keep its promise, for a reason that is known. The message is one line for a person, without secrets. */
public final class StepFailedException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int DETAIL_LENGTH_MAX = 1000;

    private final ErrorCode code;
    private final boolean retryable;

    private StepFailedException(ErrorCode code, boolean retryable, String detail, @Nullable Throwable cause) {
        super(oneLine(detail), cause);
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

    private static String oneLine(String detail) {
        StringBuilder line = new StringBuilder();
        detail.codePoints().map(c -> Character.isISOControl(c) ? ' ' : c).forEach(line::appendCodePoint);
        String clean = line.toString().replaceAll(" {2,}", " ").strip();
        if (clean.isEmpty()) {
            return "no detail";
        }
        return clean.length() <= DETAIL_LENGTH_MAX ? clean : clean.substring(0, DETAIL_LENGTH_MAX) + " ...";
    }
}
