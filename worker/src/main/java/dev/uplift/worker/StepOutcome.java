/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.StepOutput;

/** How a step ended. */
public sealed interface StepOutcome {
    /** The step's promise holds. */
    record Succeeded(StepOutput output) implements StepOutcome {}

    /**
     * The step's promise does not hold.
     *
     * @param retryable whether the same command may succeed later without anybody's help
     * @param detail one line for a person; no secret
     */
    record Failed(ErrorCode code, boolean retryable, String detail) implements StepOutcome {}

    /** The step is done and has nothing to tell. */
    static StepOutcome done() {
        return new Succeeded(new StepOutput.Nothing());
    }

    static StepOutcome done(StepOutput output) {
        return new Succeeded(output);
    }

    /** It will not succeed without somebody's help. */
    static StepOutcome refused(ErrorCode code, String detail) {
        return new Failed(code, false, detail);
    }

    /** It may succeed later. */
    static StepOutcome failed(ErrorCode code, String detail) {
        return new Failed(code, true, detail);
    }
}
