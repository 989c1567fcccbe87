/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Discovery;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.NodeKind;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.api.DiscoveredNode;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ProposalsTest {
    private static final URI URL = URI.create("http://127.0.0.1:3000");
    private static final DatabaseSpec SERVER = new DatabaseSpec.PostgreSql("db", 5432, "mb", "mb", null);
    private static final Release RUNNING = new Release("v0.50.1", "oss", "a".repeat(64), null);

    @Test
    void eachKindIsProposedWithTheCommandThatNeedsNothingElse() {
        assertThat(commands(
                        "default",
                        usable(process("local", "/srv/metabase"), null, "a"),
                        usable(process("web1", "/srv/sales"), null, "b"),
                        usable(unit("web1", "support.service"), null, "c"),
                        usable(container("local", "reports"), null, "d")))
                .containsExactly(
                        "uplift add /srv/metabase",
                        "uplift add --host web1 /srv/sales",
                        "uplift add --host web1 --unit support.service",
                        "uplift add --container reports");
    }

    @Test
    void nodesOfOneDatabaseAreOneInstallationAndFollowEachOther() {
        List<DiscoveredNode> nodes = proposals(
                "default",
                Set.of(),
                usable(unit("local", "metabase.service"), null, "shared"),
                usable(container("local", "alone"), null, "own"),
                usable(process("local", "/srv/second"), null, "shared"));

        assertThat(nodes).extracting(DiscoveredNode::name).containsExactly("metabase", "metabase", "alone");
        assertThat(nodes)
                .extracting(node -> String.join(" ", node.command()))
                .containsExactly(
                        "uplift add --unit metabase.service",
                        "uplift add --to metabase /srv/second",
                        "uplift add --container alone");
    }

    @Test
    void nameThatIsTakenOrCannotBeOneIsReplaced() {
        List<DiscoveredNode> nodes = proposals(
                "default",
                Set.of("metabase", "metabase-2"),
                usable(unit("local", "metabase.service"), null, "a"),
                usable(container("local", "metabase"), null, "b"),
                usable(process("local", "/srv/ä b"), null, "c"),
                usable(process("local", "/"), null, "d"));

        assertThat(nodes)
                .extracting(node -> String.join(" ", node.command()))
                .containsExactly(
                        "uplift add --unit metabase.service --name metabase-3",
                        "uplift add --container metabase --name metabase-4",
                        "uplift add /srv/ä b --name b",
                        "uplift add / --name metabase-5");
    }

    @Test
    void processThatItsDirectoryDoesNotTellIsAddedByItsPidWithAName() {
        assertThat(commands("default", usable(process("local", "/srv/metabase"), 4711L, "a")))
                .containsExactly("uplift add --pid 4711 --name metabase");
    }

    @Test
    void siteOtherThanTheDefaultIsNamedWhereTheHostDoesNotTellIt() {
        assertThat(commands(
                        "east",
                        usable(process("local", "/srv/metabase"), null, "a"),
                        usable(process("web1", "/srv/sales"), null, "b")))
                .containsExactly("uplift add --site east /srv/metabase", "uplift add --host web1 /srv/sales");
    }

    @Test
    void whatIsRegisteredIsSaidAndFurtherNodesOfItsDatabaseJoinIt() {
        Installation sales = owner("sales", "default", SERVER);
        List<DiscoveredNode> nodes = new Proposals(
                        "default", "local", Map.of("shared", sales), List.of(sales), _ -> true)
                .of(found(
                        usable(process("local", "/srv/known"), null, "shared"),
                        usable(unit("local", "metabase.service"), null, "shared")));

        assertThat(nodes).extracting(DiscoveredNode::name).containsExactly("sales", "sales");
        assertThat(nodes).extracting(DiscoveredNode::registered).containsExactly(true, false);
        assertThat(nodes)
                .extracting(node -> String.join(" ", node.command()))
                .containsExactly("", "uplift add --to sales --unit metabase.service");
    }

    @Test
    void nodeJoinsTheInstallationOfAnotherThatNamesTheirDatabaseDifferently() {
        Installation sales = owner("sales", "default", SERVER);
        List<DiscoveredNode> nodes = new Proposals("default", "local", Map.of(), List.of(sales), _ -> true)
                .of(found(
                        usable(unit("local", "metabase.service"), null, "shared"),
                        usable(process("local", "/srv/known"), null, "shared")));

        assertThat(nodes)
                .extracting(node -> String.join(" ", node.command()))
                .containsExactly("uplift add --to sales --unit metabase.service", "");
    }

    @Test
    void whatIsRegisteredIsSaidAlsoWhileItCannotBeLookedAt() {
        Installation sales = owner("sales", "default", SERVER);
        Discovery.Found found = new Discovery.Found(
                UUID.randomUUID(),
                List.of(),
                List.of(
                        new Discovery.Unusable(NodeKind.PROCESS, "/srv/known", 7L, null, "it is being upgraded"),
                        new Discovery.Unusable(NodeKind.PROCESS, "/srv/other", 8L, null, "it is being upgraded")),
                List.of());

        List<DiscoveredNode> nodes = new Proposals("default", "local", Map.of(), List.of(sales), _ -> true).of(found);

        assertThat(Proposals.places(found)).containsExactlyInAnyOrder("/srv/known", "/srv/other");
        assertThat(nodes).extracting(DiscoveredNode::registered).containsExactly(true, false);
        assertThat(nodes).extracting(DiscoveredNode::name).containsExactly("sales", null);
        assertThat(nodes).extracting(DiscoveredNode::reason).containsExactly(null, "it is being upgraded");
        assertThat(nodes.getFirst().version()).isEqualTo("v0.50.1");
    }

    @Test
    void samePlaceOnAnotherHostIsAnotherNode() {
        Installation sales = owner("sales", "default", SERVER);
        assertThat(new Proposals("default", "web1", Map.of("shared", sales), List.of(sales), _ -> true)
                        .of(found(usable(process("web1", "/srv/known"), null, "shared"))))
                .singleElement()
                .satisfies(node -> assertThat(node.command())
                        .containsExactly("uplift", "add", "--to", "sales", "--host", "web1", "/srv/known"));
    }

    @Test
    void whatAnInstallationWouldRefuseAsANodeIsNotProposedAsOne() {
        assertThat(reasons(owner("sales", "east", SERVER), usable(process("local", "/srv/x"), null, "shared")))
                .containsExactly("its database belongs to installation sales at site east");
        assertThat(reasons(
                        owner(
                                "sales",
                                "default",
                                new DatabaseSpec.H2("local", "/srv/known/metabase.db.mv.db", null, null)),
                        usable(process("local", "/srv/x"), null, "shared")))
                .singleElement()
                .asString()
                .startsWith("its H2 database, a file that one node alone can work on, belongs to installation sales");
        assertThat(reasons(
                        null,
                        usable(process("local", "/srv/x"), null, "shared"),
                        usable(process("local", "/srv/y"), "v0.50.2", "a", "shared"),
                        usable(process("local", "/srv/z"), "v0.50.1", "b", "shared")))
                .containsExactly(
                        "it works on the database of x, but runs v0.50.2, not v0.50.1; bring it to that version first",
                        "it works on the database of x, but runs another JAR or image of v0.50.1; give it what the others"
                                + " run");
    }

    @Test
    void whatCannotBeRegisteredComesLastWithItsReasonAndWithoutACommand() {
        List<DiscoveredNode> nodes = new Proposals("default", "local", Map.of(), List.of(), _ -> false)
                .of(new Discovery.Found(
                        UUID.randomUUID(),
                        List.of(usable(container("local", "good"), null, "a")),
                        List.of(new Discovery.Unusable(NodeKind.DOCKER, "bad", null, "metabase", "MySQL")),
                        List.of()));

        assertThat(nodes.getLast().reason()).isEqualTo("MySQL");
        assertThat(nodes.getLast().command()).isEmpty();
        assertThat(nodes.getLast().name()).isNull();
    }

    private static List<String> commands(String site, Discovery.Usable... usable) {
        return proposals(site, Set.of(), usable).stream()
                .map(node -> String.join(" ", node.command()))
                .toList();
    }

    private static List<DiscoveredNode> proposals(String site, Set<String> taken, Discovery.Usable... usable) {
        return new Proposals(site, "local", Map.of(), List.of(), taken::contains).of(found(usable));
    }

    private static List<@Nullable String> reasons(@Nullable Installation owner, Discovery.Usable... usable) {
        Map<String, Installation> owners = owner == null ? Map.of() : Map.of("shared", owner);
        return new Proposals("default", "local", owners, List.of(), _ -> false)
                .of(found(usable)).stream()
                        .filter(node -> !node.registered() && node.command().isEmpty())
                        .map(DiscoveredNode::reason)
                        .toList();
    }

    private static Discovery.Found found(Discovery.Usable... usable) {
        return new Discovery.Found(UUID.randomUUID(), List.of(usable), List.of(), List.of());
    }

    private static Installation owner(String name, String site, DatabaseSpec database) {
        UUID id = UUID.randomUUID();
        return new Installation(
                id,
                name,
                InstallationStatus.State.READY,
                1,
                0,
                site,
                "metabase",
                new InstallationSpec(id, name, "metabase", site, List.of(process("local", "/srv/known")), database),
                RUNNING,
                List.of(),
                null,
                List.of(),
                null,
                Instant.EPOCH);
    }

    private static Discovery.Usable usable(NodeSpec node, String version, String hashes, String identity) {
        return new Discovery.Usable(
                node,
                null,
                "metabase",
                new Release(version, "oss", hashes.repeat(64), null),
                "postgresql:db:5432/mb",
                identity);
    }

    private static Discovery.Usable usable(NodeSpec node, @Nullable Long pid, String identity) {
        return new Discovery.Usable(node, pid, "metabase", RUNNING, "postgresql:db:5432/mb", identity);
    }

    private static NodeSpec process(String host, String directory) {
        return new NodeSpec.JarProcess("node-1", host, directory, "metabase.jar", URL);
    }

    private static NodeSpec unit(String host, String unit) {
        return new NodeSpec.Systemd("node-1", host, unit, "/srv/" + unit, "metabase.jar", URL);
    }

    private static NodeSpec container(String host, String name) {
        return new NodeSpec.Docker("node-1", host, name, "metabase/metabase", URL);
    }
}
