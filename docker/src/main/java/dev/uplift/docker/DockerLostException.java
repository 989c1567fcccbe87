/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import org.jspecify.annotations.Nullable;

/** The engine did not answer in time, or the connection broke: whether it did what was asked is unknown. Look. */
public final class DockerLostException extends DockerException {
    private static final long serialVersionUID = 1L;

    public DockerLostException(String reason, @Nullable Throwable cause) {
        super(reason, cause);
    }
}
