/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.step;

import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.worker.ByteProgress;
import dev.uplift.worker.Effects;
import dev.uplift.worker.StepRun;
import java.io.IOException;
import java.time.Clock;
import java.util.function.LongConsumer;

/**
 * One run of one command of this service.
 *
 * @param fence of the installation, beside the application
 */
public record BackupWork(StepCommand command, StepRun run, Fence fence, Clock clock) {
    /** Those on what is this service's own, or is made under a name of this run. */
    public Effects effects() {
        return new Effects(command, run);
    }

    /** Takes an effect on the application's host, as {@link Effects#runFenced}. */
    public <X extends Exception> void runFenced(BackupEffect effect, Effects.FencedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        effects().runFenced(fence, effect, action);
    }

    /** Takes an effect while nobody else may touch the installation, as {@link Effects#runLocked}. */
    public <X extends Exception> void runLocked(BackupEffect effect, Effects.LockedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        effects().runLocked(fence, effect, action);
    }

    /** Does a part of an effect on the application's host, where each change asks the fence itself. */
    public <X extends Exception> void fenced(Effects.FencedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = effects().hold(fence)) {
            action.run(held);
        }
    }

    /** Does a part of an effect while nobody else may touch the installation. */
    public <X extends Exception> void locked(Effects.LockedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = effects().hold(fence);
                Fence.Locked _ = held.lock()) {
            action.run();
        }
    }

    /** Reports bytes as they are counted, and gives up when the step is cancelled. */
    public LongConsumer bytes(String activity, long totalBytes) {
        return ByteProgress.of(run, activity, totalBytes);
    }

    /** What ran on the data last: on the way back it is the new version. */
    public Release ranOn() {
        return switch (command.direction()) {
            case DO -> command.from();
            case UNDO -> command.target();
        };
    }

    /** Distinguishes what is made by this run from what earlier runs for the installation made. */
    public String tag() {
        return command.epoch() + "_" + command.attempt() + "_" + run.delivery();
    }
}
