/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import dev.uplift.contract.Direction;
import dev.uplift.contract.StepResult;

/**
 * Names one command of a saga, and correlates its answers: an answer counts only if its key equals
 * that of the command in flight. No key is ever used twice in a saga, so that an answer which is late,
 * stale or a copy never counts.
 *
 * @param step position in the plan, from 0; a step may occur in a plan more than once
 * @param attempt from 1, rising over the whole saga, also over an operator's retries
 */
public record StepKey(int step, Direction direction, int attempt) {
    public StepKey {
        if (step < 0 || attempt < 1) {
            throw new IllegalArgumentException("no step " + step + " with attempt " + attempt + " is possible");
        }
    }

    /** The key that {@code result} answers to. */
    public static StepKey of(StepResult result) {
        return new StepKey(result.stepIndex(), result.direction(), result.attempt());
    }

    static StepKey first(int step, Direction direction) {
        return new StepKey(step, direction, 1);
    }

    StepKey again() {
        return new StepKey(step, direction, attempt + 1);
    }
}
