/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap;

import dev.uplift.contract.Progress;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.worker.StepRun;

/** A run that nobody cancels. */
public record TestRun(int delivery, CrashPoints crashPoints) implements StepRun {
    @Override
    public void progress(Progress progress) {}

    @Override
    public boolean cancelled() {
        return false;
    }
}
