/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.docker.ContainerInspection;
import dev.uplift.profile.Profile;
import dev.uplift.profile.VersionReading;
import dev.uplift.swap.node.InPlace;
import java.io.IOException;
import java.util.Optional;

/** The image and the JAR of the container that has the node's name. */
record ContainerInPlace(ContainerFamily family) implements InPlace {
    @Override
    public String sha256() throws IOException {
        return EngineQuestion.answer(() -> family.sha256(family.requireInPlace()));
    }

    @Override
    public VersionReading version(Profile profile) throws IOException {
        return EngineQuestion.answer(() -> {
            ContainerInspection container = family.requireInPlace();
            Optional<String> jar = new ContainerCapture(family).jar(container);
            return jar.isEmpty()
                    ? new VersionReading.Unreadable("nobody knows where its JAR is in the container")
                    : profile.jarIdentity(new ContainerJar(family.engine(), container.id(), jar.get()));
        });
    }
}
