/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

/** The engine answered that it does not do it. Nothing has changed unless the request says otherwise. */
public final class DockerRefusedException extends DockerException {
    private static final long serialVersionUID = 1L;
    private static final int NOT_FOUND = 404;
    private static final int CONFLICT = 409;

    private final int status;

    public DockerRefusedException(int status, String reason) {
        super(reason);
        this.status = status;
    }

    /** The HTTP status of the answer. */
    public int status() {
        return status;
    }

    /** Whether there is no such thing. */
    public boolean notFound() {
        return status == NOT_FOUND;
    }

    /** Whether something else stands in the way, such as another container of that name. */
    public boolean conflict() {
        return status == CONFLICT;
    }
}
