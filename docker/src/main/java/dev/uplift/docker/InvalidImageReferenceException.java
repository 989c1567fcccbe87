/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

/** A text is no image reference, or not one of the kind that is needed. */
public final class InvalidImageReferenceException extends Exception {
    private static final long serialVersionUID = 1L;

    public InvalidImageReferenceException(String reason) {
        super(reason);
    }
}
