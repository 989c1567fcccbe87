package dev.uplift.swap.node;

import dev.uplift.contract.Progress;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.Profile;
import dev.uplift.swap.StepFailedException;
import dev.uplift.swap.SwapEffect;
import java.io.IOException;

/** One run of one command on one node: what it is about, and the only way to change anything there. */
public interface NodeWork {
    StepCommand command();

    Profile profile();

    /** A version of the command as the profile reads it. */
    ApplicationVersion version(Release release) throws StepFailedException;

    /** The hash of what the node shall run: of the fetched artifact, or of the one that an old backup belongs to. */
    String targetSha256() throws StepFailedException;

    /** Tells how far it is. */
    void progress(Progress progress);

    /** Fails if the step has been cancelled. */
    void checkCancelled();

    /**
     * Takes an effect behind the node's fence, between its crash points.
     *
     * @throws FencedException if a newer command has been at the node: nothing was done
     */
    <T> T take(SwapEffect effect, Effect<T> action) throws IOException, InterruptedException, FencedException;

    /** {@link #take} of an effect that the node's host cannot refuse by itself: its Docker Engine's, for one. */
    default <T> T takeElsewhere(SwapEffect effect, Effect<T> action)
            throws IOException, InterruptedException, FencedException {
        return take(effect, held -> {
            try (Fence.Locked _ = held.lock()) {
                return action.take(held);
            }
        });
    }

    /** An effect on the outside world. */
    @FunctionalInterface
    interface Effect<T> {
        T take(Fence.Held held) throws IOException, InterruptedException, FencedException;
    }
}
