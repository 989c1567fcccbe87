/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import java.io.IOException;

/** Something cannot be seen where this process runs, or with its rights. The message says what, in one line. */
public final class UnseenException extends IOException {
    private static final long serialVersionUID = 1L;

    public UnseenException(String reason) {
        super(reason);
    }
}
