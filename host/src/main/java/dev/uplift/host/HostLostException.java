/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/**
 * The way to a host was lost, or there was none. Whether what was asked for was done there is not known:
 * look before going on. What it may still do there later is refused by the {@link Fence} once a newer
 * command has been there.
 */
public final class HostLostException extends IOException {
    private static final long serialVersionUID = 1L;

    public HostLostException(String reason, Throwable cause) {
        super(reason, cause);
    }

    public HostLostException(String reason) {
        super(reason);
    }
}
