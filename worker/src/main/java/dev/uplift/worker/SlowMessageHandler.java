/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

/**
 * Answers messages whose sender must be able to tell a long answer from none.
 *
 * @param <T> the message's body
 */
public interface SlowMessageHandler<T> extends MessageHandler<T> {
    /** What says, every few seconds until the answer, that the message waits or is worked at. It may get lost. */
    Reply underway(T body);
}
