/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import org.jspecify.annotations.Nullable;

/** No connection to the engine came about: nothing was asked of it. */
public final class DockerUnreachableException extends DockerException {
    private static final long serialVersionUID = 1L;

    public DockerUnreachableException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
