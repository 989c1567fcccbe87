/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

/** Is told of every dead letter, in the transaction that moves it. */
@FunctionalInterface
public interface DeadLetterSink {
    /** Needs to know nothing of dead letters: they are counted, logged and on their topic. */
    DeadLetterSink NONE = letter -> {};

    /** Takes note of {@code letter}; an exception undoes the move, and it is tried again. */
    void accept(DeadLetter letter);
}
