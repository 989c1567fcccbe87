/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

/**
 * Answers a command that is no step of a saga. It may be asked again for the same message; one message
 * or step of a key runs at a time.
 *
 * @param <T> the message's body
 */
public interface MessageHandler<T> {
    /**
     * An answer.
     *
     * @param type the wire type of {@code body}
     */
    record Reply(String type, Object body) {}

    /**
     * Answers a message.
     *
     * @throws Exception for a fault; {@link #failed} gives the answer then
     */
    Reply handle(T body) throws Exception;

    /**
     * The answer when {@link #handle} threw.
     *
     * @param detail one line for a person
     */
    Reply failed(T body, String detail);
}
