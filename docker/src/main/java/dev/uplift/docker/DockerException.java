/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something went wrong with a Docker Engine. The text says what, and what to do where that is known. */
public class DockerException extends IOException {
    private static final long serialVersionUID = 1L;

    public DockerException(String reason) {
        super(reason);
    }

    public DockerException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
