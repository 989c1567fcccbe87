/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.inspect;

import dev.uplift.contract.Inspection;
import java.util.List;

/** An orchestrator that accepts whatever is found. */
public final class Registrations {
    private Registrations() {}

    /** The last answer: of what was taken, or why it was not. */
    public static Inspection accepting(Inspector inspector, Inspection.Requested asked) throws InterruptedException {
        Inspection first = inspector.inspect(asked);
        return first instanceof Inspection.Found found
                ? inspector.inspect(
                        asked.with(new Inspection.Accepted(found.installation(), found.fenceOf(), List.of())))
                : first;
    }
}
