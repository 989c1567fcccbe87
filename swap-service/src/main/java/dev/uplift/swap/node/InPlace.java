/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.worker.StepFailure;
import java.io.IOException;

/** What the next start of a node would run, or could. */
public interface InPlace {
    /** Its hash. */
    String sha256() throws IOException;

    /** The version that it says it is. */
    VersionReading version(Profile profile) throws IOException;

    /**
     * What the node is to run is there, whole: read while the application still serves. Nothing to be read where the
     * engine itself knows its images by their content.
     *
     * @throws StepFailure HOST_UNEXPECTED if it is not
     */
    default void requireTarget(NodeWork work) throws IOException {}
}
