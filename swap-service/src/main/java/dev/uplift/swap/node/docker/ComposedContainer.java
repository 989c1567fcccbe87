/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.node.docker;

import dev.uplift.contract.ComposedNode;
import dev.uplift.contract.StepCommand;
import dev.uplift.docker.ComposeService;
import dev.uplift.docker.ContainerInspection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the files of a container's compose project say of its image, and what they have to say after an upgrade. */
final class ComposedContainer {
    private ComposedContainer() {}

    /**
     * Empty if compose did not make the container. After an earlier upgrade it is not known any more how its files name
     * the image; every way is told that means it.
     *
     * @param node its name
     * @param repository of the container's image, as people write it
     * @param sha256 the digest of the container's image
     */
    static Optional<ComposedNode> of(
            String node, ContainerInspection container, String repository, StepCommand command, String sha256) {
        return ComposeService.of(container).map(service -> {
            String tagged = repository + ":" + command.from().version();
            String digest = "@sha256:" + sha256;
            Set<String> from =
                    new LinkedHashSet<>(List.of(container.imageName(), tagged, tagged + digest, repository + digest));
            return new ComposedNode(
                    node,
                    service.project(),
                    service.service(),
                    service.files().stream().map(Object::toString).toList(),
                    List.copyOf(from),
                    repository + ":" + command.to().version());
        });
    }
}
