/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.StepCommand;

/**
 * Takes one kind of step, in one direction.
 *
 * <p>A handler may be run again for the same command, after the process died anywhere in it, and by
 * another process: it observes what is there and does what is missing. One command of an installation
 * runs at a time.
 */
@FunctionalInterface
public interface StepHandler {
    /**
     * Takes the step.
     *
     * @return how it ended; an expected failure is data
     * @throws StepCancelledException from {@link StepRun#checkCancelled()}
     * @throws Exception for a fault of the infrastructure: reported as a retryable failure
     */
    StepOutcome run(StepCommand command, StepRun run) throws Exception;
}
