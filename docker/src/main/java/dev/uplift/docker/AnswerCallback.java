/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import com.github.dockerjava.api.async.ResultCallback;
import java.io.Closeable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Hands on what a command of docker-java answers piece by piece, until it ends. docker-java's own callbacks log every
 * failure as an error, also one that is expected and told to whoever asked.
 */
final class AnswerCallback<T> implements ResultCallback<T> {
    private final Consumer<T> each;
    private final CompletableFuture<Void> end = new CompletableFuture<>();

    AnswerCallback(Consumer<T> each) {
        this.each = each;
    }

    /**
     * Waits for the end.
     *
     * @throws IllegalStateException of what it failed with
     */
    void await() throws InterruptedException {
        try {
            end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void onStart(Closeable answer) {}

    @Override
    public void onNext(T answer) {
        each.accept(answer);
    }

    @Override
    public void onError(Throwable failure) {
        end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        end.complete(null);
    }

    @Override
    public void close() {}
}
