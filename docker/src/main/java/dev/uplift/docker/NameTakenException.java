/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

/** Another container has the name that is needed. Nothing was done to it. */
public final class NameTakenException extends DockerException {
    private static final long serialVersionUID = 1L;

    private final String holderId;

    public NameTakenException(String name, ContainerInspection holder) {
        super("the name " + name + " is taken by container " + holder.shortId() + " (" + holder.imageName() + ", "
                + holder.status() + "), which is not ours to remove: rename it or remove it");
        this.holderId = holder.id();
    }

    /** The id of the container that has the name. */
    public String holderId() {
        return holderId;
    }
}
