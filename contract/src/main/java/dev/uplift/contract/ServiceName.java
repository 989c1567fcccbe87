/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;

/** The services that take commands. */
public enum ServiceName {
    @JsonProperty("artifact")
    ARTIFACT("artifact"),
    @JsonProperty("backup")
    BACKUP("backup"),
    @JsonProperty("swap")
    SWAP("swap");

    private final String wireName;

    ServiceName(String wireName) {
        this.wireName = wireName;
    }

    /** The name used in topics and message types. */
    public String wireName() {
        return wireName;
    }
}
