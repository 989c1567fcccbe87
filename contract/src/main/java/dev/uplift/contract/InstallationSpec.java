package dev.uplift.contract;

import java.util.List;
import java.util.UUID;

/**
 * What workers need to know of an installation. It goes with every command, so that they keep no
 * inventory.
 *
 * @param profile name of the application profile
 * @param nodes at least one; the first is the one that migrates
 */
public record InstallationSpec(
        UUID id, String name, String profile, String site, List<NodeSpec> nodes, DatabaseSpec database) {
    public InstallationSpec {
        Checks.present(id, "installation.id");
        Checks.text(name, "installation.name");
        Checks.text(profile, "installation.profile");
        Topics.requireSite(Checks.text(site, "installation.site"));
        nodes = Checks.list(nodes, "installation.nodes");
        Checks.atLeast(1, nodes.size(), "installation.nodes.size");
        Checks.present(database, "installation.database");
    }
}
