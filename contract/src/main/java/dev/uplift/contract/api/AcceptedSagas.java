/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract.api;

import java.util.List;
import java.util.UUID;

/** Answer of {@code POST /api/v1/upgrades}, {@code /plans} and {@code /restores}: what was begun, and what was refused. */
public record AcceptedSagas(List<Accepted> accepted, List<Refusal> refused) {
    /** A saga that runs now. */
    public record Accepted(String installation, UUID upgradeId) {}

    /** An installation for which none was begun, and why. */
    public record Refusal(String installation, String reason) {}
}
