/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.worker.StepFailure;
import java.io.IOException;
import java.io.InterruptedIOException;

/** What is asked of an engine where nobody expects an interruption, or the failure of a step. */
@FunctionalInterface
interface EngineQuestion<T> {
    T ask() throws IOException, InterruptedException;

    /** The answer. What is thrown tells what it was. */
    static <T> T answer(EngineQuestion<T> question) throws IOException {
        try {
            return question.ask();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while the Docker Engine was asked");
        } catch (StepFailure e) {
            // A look that fails says nothing of the data, or of what a step has done: who decides about those by the
            // failures of steps must not take it for one.
            throw new IOException(e.detail(), e);
        }
    }
}
