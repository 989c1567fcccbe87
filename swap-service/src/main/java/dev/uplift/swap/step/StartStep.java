/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import dev.uplift.contract.StepOutput;
import dev.uplift.worker.StepOutcome;

/** The pivot: starts the new version on the first node, where it migrates, and waits until it serves. */
final class StartStep implements SwapStep {
    @Override
    public StepOutcome run(StepWork work) throws Exception {
        Starting.Served served =
                Starting.pivot(work, work.first()).serve(work.command().to(), work.targetSha256(work.first()));
        return StepOutcome.done(new StepOutput.Serving(served.version(), served.since()));
    }
}
