/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/** A path, its kind, owner or mode is not what it has to be. Its text is one line for a person. */
public final class UnexpectedPathException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnexpectedPathException(String reason) {
        super(reason);
    }
}
