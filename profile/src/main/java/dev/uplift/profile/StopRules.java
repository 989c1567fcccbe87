/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.time.Duration;
import java.util.Set;

/**
 * How the application stops.
 *
 * @param grace how long it may take after SIGTERM before it is killed
 * @param exitCodes those of an orderly stop
 */
public record StopRules(Duration grace, Set<Integer> exitCodes) {
    public StopRules {
        exitCodes = Set.copyOf(exitCodes);
    }
}
