/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Inspection;
import dev.uplift.host.Launch;

/** What an inspection saw. */
sealed interface InspectionOutcome {
    /** What it answers. */
    Inspection answer();

    /**
     * An application that can be registered.
     *
     * @param launch how it is started
     */
    record Running(Inspection.Found answer, Launch launch) implements InspectionOutcome {}

    /** What cannot. */
    record Refused(Inspection.Refused answer) implements InspectionOutcome {}
}
