/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How an application is run on its host. */
public enum NodeKind {
    /** A JAR started by hand in a directory. */
    @JsonProperty("process")
    PROCESS,
    /** A JAR in a directory, started by a unit of systemd. */
    @JsonProperty("systemd")
    SYSTEMD,
    /** A container of a Docker Engine. */
    @JsonProperty("docker")
    DOCKER
}
