/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/** A host proved to be another one than was registered, or its key was changed. Nothing was sent to it. */
public final class HostKeyRefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    public HostKeyRefusedException(String reason) {
        super(reason);
    }
}
