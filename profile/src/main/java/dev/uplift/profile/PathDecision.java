/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.profile;

import java.util.List;

/** Whether, and by which hops, a version is reached. */
public sealed interface PathDecision {

    /** The versions to install one after the other; the last one is the target. Never empty. */
    record Hops(List<ApplicationVersion> hops) implements PathDecision {
        public Hops {
            hops = List.copyOf(hops);
        }
    }

    /** There is no such path; {@code detail} is one printable line for people. */
    record Refused(Reason reason, String detail) implements PathDecision {}

    /** Why there is no path. */
    enum Reason {
        /** The target is what runs. */
        IDENTICAL,
        /** The target's major is below the one that runs: a way back is a restore. */
        LOWER_MAJOR,
        /** The target is older within the major, and the profile allows no downgrade at all. */
        LOWER_VERSION,
        /** A release that must be installed on the way is not among those known. */
        MISSING_STOP
    }
}
