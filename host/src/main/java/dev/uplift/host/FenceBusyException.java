/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/** Somebody else has been at work behind the fence for longer than one is willing to wait. Nothing was done. */
public final class FenceBusyException extends IOException {
    private static final long serialVersionUID = 1L;

    public FenceBusyException(String reason) {
        super(reason);
    }
}
