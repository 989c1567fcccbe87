/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.worker.EffectName;
import dev.uplift.worker.Effects;
import dev.uplift.worker.StepRun;
import java.io.IOException;

/**
 * One run of one command on one node: what it is about, and the only way to change anything there. An effect is not
 * begun once the step has been cancelled.
 */
public interface NodeWork {
    StepCommand command();

    StepRun run();

    Profile profile();

    /** A version of the command as the profile reads it. */
    ApplicationVersion version(Release release);

    /** The hash of what the node shall run: of the fetched artifact, or of the one that an old backup belongs to. */
    String targetSha256();

    /** The node's fence; fails if the node is not where it was registered. */
    Fence fence() throws IOException;

    /** Takes an effect on the node's host, as {@link Effects#callFenced}. */
    default <T, X extends Exception> T callFenced(EffectName effect, Effects.FencedCall<T, X> action)
            throws IOException, InterruptedException, FencedException, X {
        return effects().callFenced(fence(), effect, action);
    }

    /** Takes an effect on the node's host, as {@link Effects#runFenced}. */
    default <X extends Exception> void runFenced(EffectName effect, Effects.FencedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        effects().runFenced(fence(), effect, action);
    }

    /** Takes an effect that the node's host cannot refuse by itself, as {@link Effects#callLocked}. */
    default <T, X extends Exception> T callLocked(EffectName effect, Effects.LockedCall<T, X> action)
            throws IOException, InterruptedException, FencedException, X {
        return effects().callLocked(fence(), effect, action);
    }

    /** Takes an effect that the node's host cannot refuse by itself, as {@link Effects#runLocked}. */
    default <X extends Exception> void runLocked(EffectName effect, Effects.LockedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        effects().runLocked(fence(), effect, action);
    }

    private Effects effects() {
        run().checkCancelled();
        return new Effects(command(), run());
    }
}
