/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

/** A step ended early, at a safe point, because it was told to stop. */
public final class StepCancelledException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StepCancelledException() {
        super("cancelled: its undo or a newer command has come");
    }
}
