/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import dev.uplift.contract.StepCommand;
import dev.uplift.host.Fence;
import dev.uplift.host.FencedException;
import java.io.IOException;

/**
 * All that one run of a command does to the outside world. Each effect is taken between its crash points, and has been
 * observed to be missing before: a step may be run again after a death at any of them.
 *
 * <p>An effect on an application is taken behind its fence: if a newer command or delivery has been there, it fails
 * with {@link FencedException} and has done nothing. {@code fenced} is for what the application's host does, where each
 * change asks the fence itself; {@code locked} keeps everybody else out meanwhile, for what cannot ask, such as a
 * database server or a Docker Engine. Neither is to be nested in the other.
 */
public record Effects(StepCommand command, StepRun run) {
    /** An effect that gives a value. */
    @FunctionalInterface
    public interface Call<T, X extends Exception> {
        T call() throws X;
    }

    /** An effect without a value. */
    @FunctionalInterface
    public interface Action<X extends Exception> {
        void run() throws X;
    }

    /** An effect behind the fence that gives a value. */
    @FunctionalInterface
    public interface FencedCall<T, X extends Exception> {
        T call(Fence.Held held) throws IOException, InterruptedException, FencedException, X;
    }

    /** An effect behind the fence without a value. */
    @FunctionalInterface
    public interface FencedAction<X extends Exception> {
        void run(Fence.Held held) throws IOException, InterruptedException, FencedException, X;
    }

    /** An effect while nobody else is behind the fence, which gives a value. */
    @FunctionalInterface
    public interface LockedCall<T, X extends Exception> {
        T call() throws IOException, InterruptedException, FencedException, X;
    }

    /** An effect while nobody else is behind the fence, without a value. */
    @FunctionalInterface
    public interface LockedAction<X extends Exception> {
        void run() throws IOException, InterruptedException, FencedException, X;
    }

    /** Takes an effect on what is this service's own, or its caller has fenced. */
    public <T, X extends Exception> T call(EffectName effect, Call<T, X> action) throws X {
        before(effect);
        T result = action.call();
        after(effect);
        return result;
    }

    /** The same without a value. */
    public <X extends Exception> void run(EffectName effect, Action<X> action) throws X {
        before(effect);
        action.run();
        after(effect);
    }

    /** Takes an effect behind a fence, which each change asks. */
    public <T, X extends Exception> T callFenced(Fence fence, EffectName effect, FencedCall<T, X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = hold(fence)) {
            before(effect);
            T result = action.call(held);
            after(effect);
            return result;
        }
    }

    /** The same without a value. */
    public <X extends Exception> void runFenced(Fence fence, EffectName effect, FencedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = hold(fence)) {
            before(effect);
            action.run(held);
            after(effect);
        }
    }

    /** Takes an effect while nobody else is behind a fence. */
    public <T, X extends Exception> T callLocked(Fence fence, EffectName effect, LockedCall<T, X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = hold(fence);
                Fence.Locked _ = held.lock()) {
            before(effect);
            T result = action.call();
            after(effect);
            return result;
        }
    }

    /** The same without a value. */
    public <X extends Exception> void runLocked(Fence fence, EffectName effect, LockedAction<X> action)
            throws IOException, InterruptedException, FencedException, X {
        try (Fence.Held held = hold(fence);
                Fence.Locked _ = held.lock()) {
            before(effect);
            action.run();
            after(effect);
        }
    }

    /** Goes behind a fence for what is part of an effect, or leaves the application as it is. */
    public Fence.Held hold(Fence fence) throws IOException, FencedException {
        return fence.hold(command, run.delivery());
    }

    private void before(EffectName effect) {
        run.crashPoints().before(effect.in(command));
    }

    private void after(EffectName effect) {
        run.crashPoints().after(effect.in(command));
    }
}
