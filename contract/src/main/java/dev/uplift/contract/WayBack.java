/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How the data of an upgrade are brought back once the new version has worked on them. */
public enum WayBack {
    /** The backup is restored. What the new version has taken in since goes with it. */
    @JsonProperty("restore")
    RESTORE,
    /**
     * The new version's own command migrates the data down, so that what it has taken in stays. If that fails, or the
     * old version does not serve on what came out, the backup is restored after all.
     */
    @JsonProperty("migrate-down")
    MIGRATE_DOWN
}
