/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Discovery;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.Topics;
import dev.uplift.contract.api.DiscoveredNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How what was found on a host would be registered: nodes on one database as one installation, under a name that is free.
 *
 * @param site of the host
 * @param host its name
 * @param owners the installations that databases belong to already, by the databases' identities
 * @param known the installations of the site that have a node at one of the {@link #places}
 * @param taken whether an installation has this name
 */
record Proposals(
        String site, String host, Map<String, Installation> owners, List<Installation> known, Predicate<String> taken) {
    private static final int NAME_LENGTH_MAX = 63;

    /** Where what was found is: directories, units and names of containers. */
    static Set<String> places(Discovery.Found found) {
        Set<String> places = new HashSet<>();
        for (Discovery.Usable usable : found.usable()) {
            places.add(
                    switch (usable.node()) {
                        case NodeSpec.InDirectory node -> node.directory();
                        case NodeSpec.Docker container -> container.container();
                    });
        }
        for (Discovery.Unusable unusable : found.unusable()) {
            if (unusable.place() != null) {
                places.add(unusable.place());
            }
        }
        return places;
    }

    /** What is registered or can be first, nodes of one database after each other; then what cannot. */
    List<DiscoveredNode> of(Discovery.Found found) {
        Map<String, List<Discovery.Usable>> byDatabase = new LinkedHashMap<>();
        for (Discovery.Usable usable : found.usable()) {
            byDatabase
                    .computeIfAbsent(usable.databaseIdentity(), _ -> new ArrayList<>())
                    .add(usable);
        }
        List<DiscoveredNode> nodes = new ArrayList<>();
        Set<String> proposed = new HashSet<>();
        byDatabase.forEach((identity, sharing) -> nodes.addAll(together(owner(identity, sharing), sharing, proposed)));
        for (Discovery.Unusable unusable : found.unusable()) {
            nodes.add(node(unusable));
        }
        return Stream.concat(
                        nodes.stream().filter(node -> node.reason() == null),
                        nodes.stream().filter(node -> node.reason() != null))
                .toList();
    }

    /** The installation that a database belongs to; absent: none of those that are known by its name, or by a node on it. */
    private @Nullable Installation owner(String identity, List<Discovery.Usable> sharing) {
        Installation owner = owners.get(identity);
        return owner == null
                ? sharing.stream()
                        .flatMap(usable -> registered(usable).stream())
                        .findFirst()
                        .orElse(null)
                : owner;
    }

    private Optional<Installation> registered(Discovery.Usable usable) {
        return known.stream()
                .filter(installation -> has(installation, node -> node.isAt(usable.node())))
                .findFirst();
    }

    /**
     * Nodes of one database: the first makes the installation where there is none, and the others join it.
     *
     * @param proposed names that are free no more; what is proposed is added
     */
    private List<DiscoveredNode> together(
            @Nullable Installation owner, List<Discovery.Usable> sharing, Set<String> proposed) {
        List<DiscoveredNode> nodes = new ArrayList<>();
        String name = owner == null ? null : owner.name();
        Release running = owner == null ? null : owner.running();
        for (Discovery.Usable usable : sharing) {
            Optional<Installation> registered = registered(usable);
            if (registered.isPresent()) {
                nodes.add(node(usable, registered.get().name(), true, List.of(), null));
                continue;
            }
            if (name == null || running == null) {
                name = freeName(usable, proposed);
                proposed.add(name);
                running = usable.running();
                nodes.add(node(usable, name, false, command(usable, name, false), null));
                continue;
            }
            String obstacle = obstacle(owner, usable, name, running);
            if (obstacle == null) {
                nodes.add(node(usable, name, false, command(usable, name, true), null));
                String hash = usable.running().sha256(usable.node()).orElse(null);
                running = hash == null ? running : running.with(usable.node(), hash);
            } else {
                nodes.add(node(usable, null, false, List.of(), obstacle));
            }
        }
        return nodes;
    }

    /**
     * Why it cannot join an installation; absent: it can.
     *
     * @param owner the installation; absent: it is proposed
     * @param running what the installation runs
     */
    private @Nullable String obstacle(
            @Nullable Installation owner, Discovery.Usable usable, String name, Release running) {
        if (owner != null && !owner.site().equals(site)) {
            return "its database belongs to installation " + name + " at site " + owner.site();
        }
        if (owner != null && owner.requireSpec().database() instanceof DatabaseSpec.H2) {
            return "its H2 database, a file that one node alone can work on, belongs to installation " + name
                    + "; remove that if it has moved here";
        }
        String version = usable.running().version();
        if (!version.equals(running.version())) {
            return "it works on the database of " + name + ", but runs " + version + ", not " + running.version()
                    + "; bring it to that version first";
        }
        Optional<String> theirs = running.sha256(usable.node());
        return theirs.isPresent() && !theirs.equals(usable.running().sha256(usable.node()))
                ? "it works on the database of " + name + ", but runs another JAR or image of " + version
                        + "; give it what the others run"
                : null;
    }

    private static DiscoveredNode node(
            Discovery.Usable usable,
            @Nullable String name,
            boolean registered,
            List<String> command,
            @Nullable String reason) {
        return new DiscoveredNode(
                usable.node().kind(),
                place(usable),
                name,
                usable.profile(),
                usable.running().version(),
                usable.running().edition(),
                usable.database(),
                registered,
                command,
                reason);
    }

    /** What cannot be looked at as a registration does is known nevertheless where it is registered. */
    private DiscoveredNode node(Discovery.Unusable unusable) {
        Optional<Installation> owner = known.stream()
                .filter(installation -> has(installation, node -> isAt(node, unusable)))
                .findFirst();
        Optional<Release> running = owner.map(Installation::running);
        return new DiscoveredNode(
                unusable.kind(),
                place(unusable),
                owner.map(Installation::name).orElse(null),
                owner.map(Installation::profile).orElse(unusable.profile()),
                running.map(Release::version).orElse(null),
                running.map(Release::edition).orElse(null),
                owner.map(Installation::spec)
                        .map(spec -> spec.database().address())
                        .orElse(null),
                owner.isPresent(),
                List.of(),
                owner.isPresent() ? null : unusable.reason());
    }

    private boolean has(Installation installation, Predicate<NodeSpec> which) {
        InstallationSpec spec = installation.spec();
        return spec != null
                && spec.nodes().stream()
                        .filter(node -> node.host().equals(host))
                        .anyMatch(which);
    }

    private static boolean isAt(NodeSpec node, Discovery.Unusable unusable) {
        return switch (unusable.kind()) {
            case PROCESS ->
                node instanceof NodeSpec.InDirectory process
                        && process.directory().equals(unusable.place());
            case SYSTEMD -> node instanceof NodeSpec.Systemd unit && unit.unit().equals(unusable.place());
            case DOCKER ->
                node instanceof NodeSpec.Docker container
                        && container.container().equals(unusable.place());
        };
    }

    private static String place(Discovery.Usable usable) {
        return switch (usable.node()) {
            case NodeSpec.JarProcess process ->
                usable.pid() == null ? process.directory() : process(usable.pid(), process.directory());
            case NodeSpec.Systemd unit -> unit.unit();
            case NodeSpec.Docker container -> container.container();
        };
    }

    private static String place(Discovery.Unusable unusable) {
        return unusable.pid() == null ? String.valueOf(unusable.place()) : process(unusable.pid(), unusable.place());
    }

    private static String process(long pid, @Nullable String directory) {
        return "process " + pid + (directory == null ? "" : " in " + directory);
    }

    /** {@code uplift add}, with all that it would ask for. */
    private List<String> command(Discovery.Usable usable, String name, boolean joins) {
        List<String> words = new ArrayList<>(List.of("uplift", "add"));
        if (joins) {
            words.addAll(List.of("--to", name));
        }
        NodeSpec node = usable.node();
        if (!node.host().equals(NodeSpec.LOCAL)) {
            words.addAll(List.of("--host", node.host()));
        } else if (!joins && !site.equals(Topics.DEFAULT_SITE)) {
            words.addAll(List.of("--site", site));
        }
        words.addAll(
                switch (node) {
                    case NodeSpec.JarProcess process ->
                        usable.pid() == null
                                ? List.of(process.directory())
                                : List.of("--pid", usable.pid().toString());
                    case NodeSpec.Systemd unit -> List.of("--unit", unit.unit());
                    case NodeSpec.Docker container -> List.of("--container", container.container());
                });
        if (!joins && !name.equals(ownName(usable))) {
            words.addAll(List.of("--name", name));
        }
        return words;
    }

    /** The name that it gets if none is given; absent: one has to be. */
    private static @Nullable String ownName(Discovery.Usable usable) {
        return usable.pid() == null ? lastName(usable.node()) : null;
    }

    private static String lastName(NodeSpec node) {
        return switch (node) {
            case NodeSpec.JarProcess process ->
                process.directory().substring(process.directory().lastIndexOf('/') + 1);
            case NodeSpec.Systemd unit -> unit.unit().replaceFirst("\\.service$", "");
            case NodeSpec.Docker container -> container.container();
        };
    }

    private String freeName(Discovery.Usable usable, Set<String> proposed) {
        String wish = lastName(usable.node()).replaceAll("[^A-Za-z0-9._-]", "-").replaceFirst("^[._-]+", "");
        String name = wish.isEmpty() ? usable.profile() : wish;
        String free = cut(name, "");
        for (int number = 2; proposed.contains(free) || taken.test(free); number++) {
            free = cut(name, "-" + number);
        }
        return free;
    }

    private static String cut(String name, String ending) {
        return name.substring(0, Math.min(name.length(), NAME_LENGTH_MAX - ending.length())) + ending;
    }
}
