/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.docker;

import java.util.Set;

/** The labels that Uplift puts on containers. No others are added or changed. */
public final class UpliftLabels {
    private static final String PREFIX = "dev.uplift.";

    /** The id of the installation that the container is a node of. */
    public static final String INSTALLATION = PREFIX + "installation";
    /** The directory on the engine's host that holds what is remembered of the node. */
    public static final String NODE = PREFIX + "node";
    /** The epoch of the command that created the container: commands of a lower one do not remove it. */
    public static final String EPOCH = PREFIX + "epoch";
    /** SHA-256 of what the engine was asked to create: the same request again finds the same container. */
    public static final String REQUEST = PREFIX + "request";
    /** What a container is for, if it is not the application itself. */
    public static final String PURPOSE = PREFIX + "purpose";

    /** The {@link #PURPOSE} of a container that runs a command of the application. */
    public static final String COMMAND = "command";

    /** All of them. */
    public static final Set<String> ALL = Set.of(INSTALLATION, NODE, EPOCH, REQUEST, PURPOSE);

    private UpliftLabels() {}
}
