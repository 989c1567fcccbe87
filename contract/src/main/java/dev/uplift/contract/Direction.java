/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/** Whether a step is taken or taken back. */
public enum Direction {
    /** Take the step. */
    DO,
    /** Take it back. Undoing what was never done succeeds. */
    UNDO
}
