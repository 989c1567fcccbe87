/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.worker.StepOutcome;

/** How one kind of step is run in one direction; faults are exceptions. */
@FunctionalInterface
interface SwapStep {
    StepOutcome run(StepWork work) throws Exception;
}
