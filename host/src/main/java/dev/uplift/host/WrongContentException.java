/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.host;

import java.io.IOException;

/** A file's content is not what was promised. Its text says what was found and what was expected. */
public final class WrongContentException extends IOException {
    private static final long serialVersionUID = 1L;

    public WrongContentException(String reason) {
        super(reason);
    }
}
