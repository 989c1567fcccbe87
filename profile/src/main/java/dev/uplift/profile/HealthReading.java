/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.OptionalDouble;

/** What an answer of the health endpoint says. */
public sealed interface HealthReading {

    /** It serves. */
    record Healthy() implements HealthReading {}

    /** It is on its way up; {@code progress} from 0 to 1, empty if it does not say. */
    record Starting(OptionalDouble progress) implements HealthReading {}

    /** It answers, but does not serve; {@code reason} is one printable line. */
    record Unhealthy(String reason) implements HealthReading {}
}
