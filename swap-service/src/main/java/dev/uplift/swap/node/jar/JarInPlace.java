/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.jar;

import dev.uplift.host.HostJar;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.InPlace;
import dev.uplift.swap.node.NodeWork;
import java.io.IOException;
import java.nio.file.Path;

/** The JAR that is in its place. */
record JarInPlace(JarNode node) implements InPlace {
    @Override
    public String sha256() throws IOException {
        return node.layout().sha256InPlace();
    }

    @Override
    public VersionReading version(Profile profile) throws IOException {
        return version(profile, node.layout().jar());
    }

    /** The version that a JAR says it is. */
    VersionReading version(Profile profile, Path jar) throws IOException {
        try (HostJar entries = new HostJar(node.host(), jar)) {
            return profile.jarIdentity(entries::open);
        }
    }

    @Override
    public void requireTarget(NodeWork work) throws IOException {
        new Releases(work, node).requireTarget();
    }
}
