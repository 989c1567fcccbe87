/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.artifact.testing;

import dev.uplift.contract.Progress;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.worker.StepRun;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A run that remembers what it was told, and can be cancelled. */
public final class TestRun implements StepRun {
    private final CrashPoints crashPoints;
    private final List<Progress> progress = new CopyOnWriteArrayList<>();
    private volatile boolean cancelled;

    public TestRun() {
        this(CrashPoints.none());
    }

    public TestRun(CrashPoints crashPoints) {
        this.crashPoints = crashPoints;
    }

    public List<Progress> progress() {
        return progress;
    }

    public void cancel() {
        cancelled = true;
    }

    @Override
    public void progress(Progress made) {
        progress.add(made);
    }

    @Override
    public boolean cancelled() {
        return cancelled;
    }

    @Override
    public int delivery() {
        return 1;
    }

    @Override
    public CrashPoints crashPoints() {
        return crashPoints;
    }
}
