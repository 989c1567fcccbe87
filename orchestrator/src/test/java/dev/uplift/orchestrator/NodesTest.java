package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AddNode;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Installations of several nodes. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class NodesTest {
    private static final String IMAGE = "d".repeat(64);

    @BeforeAll
    static void work() {
        ScriptedWorker.shared();
    }

    @Test
    void aNodeThatIsFoundIsTheLastOneAndTakesPartInTheNextUpgrade() {
        Fleet.ready("grows");

        InstallationStatus grown = join("grows", container("grows-2"));

        assertThat(grown.problem()).isNull();
        assertThat(spec(grown)).extracting(NodeSpec::name).containsExactly("node-1", "node-2");
        assertThat(spec(grown).getLast()).isInstanceOf(NodeSpec.Docker.class);
        UpgradeStatus ended = Fleet.await(Fleet.upgrade("grows"), UpgradeStatus.State.COMPLETED);
        assertThat(ended.installation()).isEqualTo("grows");
    }

    @Test
    void aNodeThatIsRefusedLeavesTheInstallationAsItWas() {
        InstallationStatus before = Fleet.ready("stays");

        InstallationStatus after = join("stays", new AddNode(null, "/srv/refuse", null, null, null));

        assertThat(after.problem()).contains("no node was added", "nothing runs there");
        assertThat(after.spec()).isEqualTo(before.spec());
        Fleet.await(Fleet.upgrade("stays"), UpgradeStatus.State.COMPLETED);
        assertThat(Fleet.installation("stays").problem()).isNull();
    }

    @Test
    void aNodeIsForgottenUnlessItIsTheFirst() {
        Fleet.ready("shrinks");
        join("shrinks", container("shrinks-2"));

        assertThat(Fleet.code(Fleet.delete("/api/v1/installations/shrinks/nodes/node-1")))
                .isEqualTo("request.invalid");
        assertThat(Fleet.delete("/api/v1/installations/shrinks/nodes/node-2").statusCode())
                .isEqualTo(200);

        assertThat(spec(Fleet.installation("shrinks"))).hasSize(1);
        assertThat(Fleet.code(Fleet.delete("/api/v1/installations/shrinks/nodes/node-2")))
                .isEqualTo("request.invalid");
    }

    @Test
    void whoPinsAnythingPinsAllThatTheInstallationRuns() {
        Fleet.ready("pinned");
        join("pinned", container("pinned-2"));

        assertThat(refusal(request("pinned", ScriptedWorker.NEW_SHA256, Map.of())))
                .contains("node-2", "metabase/metabase", "--image");
        assertThat(refusal(request("pinned", null, Map.of("metabase/metabase", IMAGE))))
                .contains("node-1", "--sha256");
        assertThat(refusal(request("pinned", ScriptedWorker.NEW_SHA256, Map.of("metabase/metabase-enterprise", IMAGE))))
                .contains("node-2");

        UUID upgrade = Fleet.accepted(Fleet.post(
                "/api/v1/upgrades",
                request(
                        "pinned",
                        ScriptedWorker.NEW_SHA256,
                        Map.of("docker.io/metabase/metabase", IMAGE, "other/other", IMAGE))));
        assertThat(Fleet.status(upgrade).to().images()).isEqualTo(Map.of("metabase/metabase", IMAGE));
        Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
    }

    private static AddNode container(String name) {
        return new AddNode(null, null, null, null, name);
    }

    private static UpgradeRequested request(String name, @Nullable String sha256, Map<String, String> images) {
        return new UpgradeRequested(
                UUID.randomUUID(), null, List.of(name), "v0.51.2", null, null, sha256, images, null);
    }

    private static String refusal(UpgradeRequested request) {
        return Fleet.post("/api/v1/upgrades", request).jsonPath().getString("detail");
    }

    private static InstallationStatus join(String name, AddNode node) {
        assertThat(Fleet.post("/api/v1/installations/" + name + "/nodes", node).statusCode())
                .isEqualTo(202);
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(
                        () -> Fleet.installation(name),
                        status -> status.state() != InstallationStatus.State.REGISTERING);
    }

    private static List<NodeSpec> spec(InstallationStatus status) {
        return Objects.requireNonNull(status.spec()).nodes();
    }
}
