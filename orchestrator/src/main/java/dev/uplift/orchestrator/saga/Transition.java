/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

import org.jspecify.annotations.Nullable;

/** What an event makes of a saga: a value, for the runtime to save and send in one transaction. */
public sealed interface Transition {
    /** The state to be in from now on. */
    SagaState next();

    /**
     * The event counted.
     *
     * @param next equal to the state before if the event only moved the deadline
     * @param command to be sent; absent: none
     * @param deadline the saga's only one from now on, in place of the one before; absent: none
     */
    record Moved(
            SagaState next,
            @Nullable Command command,
            @Nullable Deadline deadline) implements Transition {}

    /**
     * The event changes nothing: no command, and the deadline stays as it is.
     *
     * @param next the state as it was
     * @param reason for logs, and for the operator whose request it was
     */
    record Ignored(SagaState next, String reason) implements Transition {}
}
