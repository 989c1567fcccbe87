/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/** A reference to a secret leads nowhere. Its text names the reference, never a value. */
public final class SecretUnavailableException extends IOException {
    private static final long serialVersionUID = 1L;

    public SecretUnavailableException(String reason) {
        super(reason);
    }
}
