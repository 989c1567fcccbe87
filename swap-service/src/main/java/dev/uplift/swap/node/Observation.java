/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node;

import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.host.Launch;
import dev.uplift.profile.ApplicationVersion;
import dev.uplift.profile.VersionReading;
import java.util.Optional;

/**
 * What a node is at one moment.
 *
 * @param instance empty: it does not run
 * @param launch how it is started: as it runs, or as it was written down where it does not run; empty:
 *     nobody knows
 * @param launchBefore how it was started when that was last written down
 * @param health what it answers
 * @param answered the version that it answers
 * @param inPlace the version that what it runs says it is
 * @param sha256 of what runs, or of what is in place if nothing runs
 */
public record Observation(
        Optional<Instance> instance,
        Optional<Launch> launch,
        Optional<Launch> launchBefore,
        NodeProbe.Health health,
        VersionReading answered,
        VersionReading inPlace,
        String sha256) {

    /** The version that it answers; if it does not answer, the one that it says it is. */
    public VersionReading version() {
        return answered instanceof VersionReading.Known ? answered : inPlace;
    }

    /** The release that this version is, of which {@code node} is what was observed. */
    public Release release(ApplicationVersion version, NodeSpec node) {
        return new Release(version.text(), version.edition(), null, null).with(node, sha256);
    }
}
