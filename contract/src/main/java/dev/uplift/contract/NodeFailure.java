/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an upgrade does about a node that does not start, in an installation of several. The first one, which migrates, is never spared. */
public enum NodeFailure {
    /** All nodes go back to the old version and the old data. */
    @JsonProperty("roll-back")
    ROLL_BACK,
    /** The node is stopped again, and the others finish without it. */
    @JsonProperty("finish-without")
    FINISH_WITHOUT
}
