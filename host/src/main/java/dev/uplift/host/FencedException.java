/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

/** A newer command has been at the target: this one must not touch it any more. */
public final class FencedException extends Exception {
    private static final long serialVersionUID = 1L;

    public FencedException(String reason) {
        super(reason);
    }
}
