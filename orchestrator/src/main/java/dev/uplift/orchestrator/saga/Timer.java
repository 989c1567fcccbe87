/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.saga;

/**
 * Names what a saga waits for. A saga has at most one timer at a time.
 *
 * @param key the command in flight, or the one to be sent when the pause is over
 */
public record Timer(Kind kind, StepKey key) {
    /** What it means that the time is up. */
    public enum Kind {
        /** The worker gave no sign of life: whether the command took effect is not known. */
        SILENCE,
        /** The pause before the next attempt is over. */
        BACK_OFF
    }
}
