/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.api.DiscoveredNode;
import dev.uplift.contract.api.DiscoveryStatus;
import dev.uplift.contract.api.DiscoveryStatus.State;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.orchestrator.publish.SiteTopics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What is proposed of what workers find on a host. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class DiscoveryTest {
    @Inject
    SiteTopics topics;

    static {
        ScriptedWorker.shared();
    }

    @Test
    void whatWorkersFindIsProposedAndNothingIsRegistered() {
        host("d1");
        Response begun = Fleet.post("/api/v1/hosts/d1/discoveries");
        assertThat(begun.statusCode()).isEqualTo(202);
        String location = begun.header("Location").replaceFirst("^https?://[^/]+", "");

        DiscoveryStatus done = await(location, State.DONE);

        assertThat(location).isEqualTo("/api/v1/hosts/d1/discoveries/" + done.id());
        assertThat(done.notes()).containsExactly("something was not looked at");
        assertThat(done.nodes()).extracting(DiscoveredNode::name).containsExactly("d1-a", "d1-a", null);
        assertThat(done.nodes())
                .extracting(node -> String.join(" ", node.command()))
                .containsExactly(
                        "uplift add --host d1 --unit d1-a.service", "uplift add --to d1-a --host d1 /srv/b", "");
        assertThat(done.nodes().getLast().reason()).isEqualTo("in no volume");
        assertThat(Fleet.get("/api/v1/installations?q=d1-a").jsonPath().getInt("total"))
                .isZero();
    }

    @Test
    void workersOwnHostIsCalledLocal() {
        DiscoveryStatus begun = Fleet.read(Fleet.post("/api/v1/hosts/local/discoveries"), DiscoveryStatus.class);

        DiscoveryStatus done = await("/api/v1/hosts/local/discoveries/" + begun.id(), State.DONE);

        assertThat(done.site()).isEqualTo("default");
        assertThat(done.nodes().getFirst().command()).containsExactly("uplift", "add", "--unit", "local-a.service");
    }

    @Test
    void hostThatCannotBeLookedAtFailsWithTheReason() {
        host("d-refuse");
        DiscoveryStatus begun = Fleet.read(Fleet.post("/api/v1/hosts/d-refuse/discoveries"), DiscoveryStatus.class);

        DiscoveryStatus failed = await("/api/v1/hosts/d-refuse/discoveries/" + begun.id(), State.FAILED);

        assertThat(failed.problem()).isEqualTo("host.unreachable: it does not answer");
    }

    @Test
    void searchThatNobodyAnswersIsNotBegunTwice() {
        topics.require("nobody");
        DiscoveryStatus first =
                Fleet.read(Fleet.post("/api/v1/hosts/local/discoveries?site=nobody"), DiscoveryStatus.class);
        DiscoveryStatus again =
                Fleet.read(Fleet.post("/api/v1/hosts/local/discoveries?site=nobody"), DiscoveryStatus.class);

        assertThat(again.id()).isEqualTo(first.id());
        assertThat(again.state()).isEqualTo(State.SEARCHING);
    }

    @Test
    void unknownHostsSitesAndSearchesAreRefused() {
        host("d2");
        assertThat(Fleet.code(Fleet.post("/api/v1/hosts/nobody/discoveries"))).isEqualTo("host.unknown");
        assertThat(Fleet.code(Fleet.post("/api/v1/hosts/d2/discoveries?site=east")))
                .isEqualTo("request.invalid");
        assertThat(Fleet.code(Fleet.post("/api/v1/hosts/local/discoveries?site=A%20B")))
                .isEqualTo("request.invalid");
        assertThat(Fleet.code(Fleet.get("/api/v1/hosts/d2/discoveries/x"))).isEqualTo("discovery.unknown");
    }

    private static void host(String name) {
        HostSpec host = new HostSpec.Ssh(
                name, name + ".example.org", 22, "root", "SHA256:" + "a".repeat(43), "file:/etc/uplift/key");
        assertThat(Fleet.post("/api/v1/hosts", new HostEntry(host, null, null)).statusCode())
                .isEqualTo(201);
    }

    private static DiscoveryStatus await(String path, State state) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> Fleet.read(Fleet.get(path), DiscoveryStatus.class), status -> status.state() == state);
    }
}
