/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/**
 * A worker could not take a command and moved it to the topic's dead letters: nobody understands it, or it
 * is forged. Told on the worker's results topic, with {@code source} as the key.
 *
 * @param source where it was read: {@code topic/partition/offset}
 * @param problem why, for a person; nothing of the command's body
 */
public record CommandRefused(String source, String problem) {
    public CommandRefused {
        Checks.text(source, "source");
        Checks.text(problem, "problem");
    }
}
