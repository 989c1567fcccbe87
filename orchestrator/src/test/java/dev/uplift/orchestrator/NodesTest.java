/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.LeftOut;
import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
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
import org.junit.jupiter.api.Test;

/** Installations of several nodes. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class NodesTest {
    private static final String IMAGE = "d".repeat(64);

    private final ScriptedWorker worker = ScriptedWorker.shared();

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

        InstallationStatus after = join("stays", new AddNode(null, "/srv/refuse", null, null, null, null));

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

    @Test
    void anUpgradeThatFinishesWithoutANodeMarksIt() {
        Fleet.ready("limps");
        join("limps", container("limps-2"));
        LeftOut left = new LeftOut("node-2", ErrorCode.EXITED, "it ended");
        worker.script(
                "limps",
                command -> command.step() == StepName.SCALE
                        ? new ScriptedWorker.Reply.Found(new StepOutput.NodesLeftOut(List.of(left)))
                        : new ScriptedWorker.Reply.Success());
        UpgradeRequested request = new UpgradeRequested(
                UUID.randomUUID(),
                null,
                List.of("limps"),
                "v0.51.2",
                null,
                null,
                null,
                new StepLimits(
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        Duration.ZERO,
                        Duration.ofMinutes(1),
                        NodeFailure.FINISH_WITHOUT,
                        null));
        UUID upgrade = Fleet.accepted(Fleet.post("/api/v1/upgrades", request));
        UpgradeStatus ended = Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
        assertThat(worker.await("limps", StepName.SCALE).limits().nodeFailure()).isEqualTo(NodeFailure.FINISH_WITHOUT);
        assertThat(ended.leftOut()).containsExactly(left);
        assertThat(Fleet.installation("limps").leftOut()).containsExactly(left);

        worker.script(
                "limps",
                command -> command.step() == StepName.START && command.direction() == Direction.DO
                        ? new ScriptedWorker.Reply.Failure(ErrorCode.EXITED, false)
                        : new ScriptedWorker.Reply.Success());
        UUID back = Fleet.accepted(Fleet.post("/api/v1/upgrades", upTo("v0.51.3")));
        Fleet.await(back, UpgradeStatus.State.ROLLED_BACK);
        assertThat(Fleet.installation("limps").leftOut())
                .as("a way back does not bring it back")
                .containsExactly(left);
        worker.script("limps", command -> new ScriptedWorker.Reply.Success());
        Fleet.await(Fleet.accepted(Fleet.post("/api/v1/upgrades", upTo("v0.51.3"))), UpgradeStatus.State.COMPLETED);
        assertThat(Fleet.installation("limps").leftOut()).isEmpty();
    }

    private static Map<String, Object> upTo(String version) {
        return Map.of("installations", List.of("limps"), "version", version);
    }

    private static AddNode container(String name) {
        return new AddNode(null, null, null, null, name, null);
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
