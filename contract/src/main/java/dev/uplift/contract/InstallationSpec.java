/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What workers need to know of an installation. It goes with every command, so that they keep no
 * inventory.
 *
 * @param profile name of the application profile
 * @param nodes at least one, of different names; the first is the one that migrates
 * @param hosts those that the nodes and the database are on, besides the workers' own; absent: none
 * @param databaseAssumedFor the names of the nodes of which somebody has said, and nothing has proven, that they work on
 *     {@code database}; absent: none
 */
public record InstallationSpec(
        UUID id,
        String name,
        String profile,
        String site,
        List<NodeSpec> nodes,
        DatabaseSpec database,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<HostSpec> hosts,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> databaseAssumedFor) {
    private static final Pattern LOOPBACK = Pattern.compile("localhost|127\\.\\d+\\.\\d+\\.\\d+|::1|0:0:0:0:0:0:0:1");

    public InstallationSpec {
        Checks.present(id, "installation.id");
        Checks.text(name, "installation.name");
        Checks.text(profile, "installation.profile");
        Topics.requireSite(Checks.text(site, "installation.site"));
        nodes = Checks.list(nodes, "installation.nodes");
        Checks.atLeast(1, nodes.size(), "installation.nodes.size");
        Checks.present(database, "installation.database");
        hosts = Checks.list(Objects.requireNonNullElse(hosts, List.of()), "installation.hosts");
        requireDifferent(hosts.stream().map(HostSpec::name).toList(), "installation.hosts");
        requireDifferent(nodes.stream().map(NodeSpec::name).toList(), "installation.nodes");
        for (NodeSpec node : nodes) {
            requireKnown(hosts, node.host(), "installation.nodes");
        }
        databaseAssumedFor = Checks.list(
                Objects.requireNonNullElse(databaseAssumedFor, List.of()), "installation.databaseAssumedFor");
        requireDifferent(databaseAssumedFor, "installation.databaseAssumedFor");
        for (String assumed : databaseAssumedFor) {
            if (nodes.stream().noneMatch(node -> node.name().equals(assumed))) {
                throw new IllegalArgumentException("installation.databaseAssumedFor names a node that is not there");
            }
        }
        switch (database) {
            case DatabaseSpec.H2 h2 -> requireKnown(hosts, h2.host(), "installation.database");
            case DatabaseSpec.PostgreSql server -> {
                if (server.reachedFrom() != null) {
                    node(nodes, server.reachedFrom());
                }
            }
        }
    }

    /** One whose nodes are all on the workers' own host. */
    public InstallationSpec(
            UUID id, String name, String profile, String site, List<NodeSpec> nodes, DatabaseSpec database) {
        this(id, name, profile, site, nodes, database, List.of());
    }

    /** One whose nodes have all been seen to work on its database. */
    public InstallationSpec(
            UUID id,
            String name,
            String profile,
            String site,
            List<NodeSpec> nodes,
            DatabaseSpec database,
            List<HostSpec> hosts) {
        this(id, name, profile, site, nodes, database, hosts, List.of());
    }

    /** The host of this name; empty for the workers' own. */
    public Optional<HostSpec> host(String hostName) {
        return hosts.stream().filter(host -> host.name().equals(hostName)).findFirst();
    }

    /** The same with another node, which is on {@code host}; absent: on the workers' own. */
    public InstallationSpec withNode(NodeSpec node, @Nullable HostSpec host) {
        List<NodeSpec> more = new ArrayList<>(nodes);
        more.add(node);
        List<HostSpec> reached = new ArrayList<>(hosts);
        if (host != null && host(host.name()).isEmpty()) {
            reached.add(host);
        }
        return new InstallationSpec(id, name, profile, site, more, database, reached, databaseAssumedFor);
    }

    /** The same where nothing has proven that this node works on its database. */
    public InstallationSpec withDatabaseAssumedFor(NodeSpec node) {
        if (databaseAssumedFor.contains(node.name())) {
            return this;
        }
        List<String> more = new ArrayList<>(databaseAssumedFor);
        more.add(node.name());
        return new InstallationSpec(id, name, profile, site, nodes, database, hosts, more);
    }

    /**
     * The same without a node, and without the hosts that only that node is on.
     *
     * @throws IllegalArgumentException if it has no such node, or it is the first one, which the database is known by
     */
    public InstallationSpec withoutNode(String nodeName) {
        if (node(nodeName).isEmpty()) {
            throw new IllegalArgumentException("no node of " + name + " is named " + nodeName);
        }
        if (nodes.getFirst().name().equals(nodeName)) {
            throw new IllegalArgumentException("node " + nodeName + " is the first of " + name
                    + ", by which its database is known; remove the installation and add the other nodes again");
        }
        List<NodeSpec> rest =
                nodes.stream().filter(node -> !node.name().equals(nodeName)).toList();
        Set<String> needed = rest.stream().map(NodeSpec::host).collect(Collectors.toCollection(HashSet::new));
        if (database instanceof DatabaseSpec.H2 file) {
            needed.add(file.host());
        }
        return new InstallationSpec(
                id,
                name,
                profile,
                site,
                rest,
                database,
                hosts.stream().filter(host -> needed.contains(host.name())).toList(),
                databaseAssumedFor.stream()
                        .filter(node -> !node.equals(nodeName))
                        .toList());
    }

    /** The same with its database as another of its nodes sees it. */
    public InstallationSpec withDatabase(DatabaseSpec seen) {
        return new InstallationSpec(id, name, profile, site, nodes, seen, hosts, databaseAssumedFor);
    }

    /** The node of this name. */
    public Optional<NodeSpec> node(String nodeName) {
        return nodes.stream().filter(node -> node.name().equals(nodeName)).findFirst();
    }

    /** The first of {@code node-1}, {@code node-2} ... that no node is named. */
    @JsonIgnore
    public String freeNodeName() {
        return IntStream.iterate(1, number -> number + 1)
                .mapToObj(number -> "node-" + number)
                .filter(free -> node(free).isEmpty())
                .findFirst()
                .orElseThrow();
    }

    /** The same with other hosts in place of those of the same name. */
    public InstallationSpec withHost(HostSpec changed) {
        if (host(changed.name()).filter(host -> !host.equals(changed)).isEmpty()) {
            return this;
        }
        return new InstallationSpec(
                id,
                name,
                profile,
                site,
                nodes,
                database,
                hosts.stream()
                        .map(host -> host.name().equals(changed.name()) ? changed : host)
                        .toList(),
                databaseAssumedFor);
    }

    /**
     * The same for two registrations of the same database, as far as addresses tell; one saga at a time works
     * on it. A loopback address is that of the host that it is reached from, and a path that of the host that it
     * is on: what is {@code local} at one site is not so at another. Names that mean the same server are not known
     * to; the proof of STOP, that nobody has a session on the database, is the second line.
     */
    @JsonIgnore
    public String databaseIdentity() {
        return switch (database) {
            case DatabaseSpec.H2 h2 -> "h2:" + place(h2.host()) + ":" + h2.path();
            case DatabaseSpec.PostgreSql server ->
                "postgresql:" + server(server) + ":" + server.port() + "/" + server.database();
        };
    }

    private String server(DatabaseSpec.PostgreSql database) {
        String address = database.host().toLowerCase(Locale.ROOT).replaceFirst("\\.$", "");
        if (!LOOPBACK.matcher(address).matches()) {
            return address;
        }
        if (database.reachedFrom() == null) {
            return place(NodeSpec.LOCAL);
        }
        return switch (node(nodes, database.reachedFrom())) {
            case NodeSpec.InDirectory node -> place(node.host());
            case NodeSpec.Docker node -> place(node.host()) + "/" + node.container();
        };
    }

    private String place(String hostName) {
        return hostName.equals(NodeSpec.LOCAL) ? site + "/" + NodeSpec.LOCAL : hostName;
    }

    private static NodeSpec node(List<NodeSpec> nodes, String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException("installation.database is reached from a node that is not there"));
    }

    private static void requireDifferent(List<String> names, String field) {
        Set<String> seen = new HashSet<>();
        if (!names.stream().allMatch(seen::add)) {
            throw new IllegalArgumentException(field + " has the same name twice");
        }
    }

    private static void requireKnown(List<HostSpec> hosts, String name, String field) {
        if (!name.equals(NodeSpec.LOCAL)
                && hosts.stream().noneMatch(host -> host.name().equals(name))) {
            throw new IllegalArgumentException(field + " is on a host that installation.hosts does not have");
        }
    }
}
