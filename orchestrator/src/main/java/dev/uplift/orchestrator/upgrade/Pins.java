/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.upgrade;

import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.UpgradeRequested;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The target of a request for one of its installations, which may be of many kinds: what is pinned for others is left out. */
final class Pins {
    private Pins() {}

    /**
     * The target, with the pins that are for this installation.
     *
     * @param edition of the target; absent where the application has none
     */
    static Release target(UpgradeRequested request, InstallationSpec installation, @Nullable String edition) {
        Release asked = pinned(request, edition);
        Release target = new Release(request.version(), edition, null, request.url());
        for (NodeSpec node : installation.nodes()) {
            Optional<String> pin = asked.sha256(node);
            if (pin.isPresent()) {
                target = target.with(node, pin.get());
            }
        }
        return target;
    }

    /**
     * Why the pins cannot be meant for this installation; empty: they can. Who pins anything pins all that the
     * installation runs: a repository that is spelt wrong must not become an image that nobody has pinned.
     */
    static Optional<String> problem(UpgradeRequested request, InstallationSpec installation) {
        if (request.sha256() == null && request.images().isEmpty()) {
            return Optional.empty();
        }
        Release asked = pinned(request, null);
        return installation.nodes().stream()
                .filter(node -> asked.sha256(node).isEmpty())
                .findFirst()
                .map(node -> switch (node) {
                    case NodeSpec.InDirectory _ ->
                        "node " + node.name() + " runs a JAR, which is not pinned although images are: pin it too"
                                + " (--sha256 HEX), or nothing";
                    case NodeSpec.Docker container ->
                        "node " + node.name() + " runs an image of " + container.image()
                                + ", which is not pinned although others are: pin it too (--image "
                                + container.image() + "@sha256:HEX), or nothing";
                });
    }

    private static Release pinned(UpgradeRequested request, @Nullable String edition) {
        return new Release(request.version(), edition, request.sha256(), request.images(), request.url());
    }
}
