/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RequestRestore;
import dev.uplift.orchestrator.publish.SiteTopics;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One live saga works on a database, even where two installations have it: registered before its identity was
 * told as it is now. Nobody works at their site, so that what is begun stays live.
 */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class DatabaseLockTest {
    private static final String SITE = "nobody-works-here";

    @Inject
    TestSql sql;

    @Inject
    SiteTopics topics;

    @Test
    void ofTwoInstallationsInOneRequestOneIsUpgraded() {
        twins("together");

        AcceptedSagas answer = Fleet.read(upgrade("together-a", "together-b"), AcceptedSagas.class);

        assertThat(answer.accepted()).hasSize(1);
        assertThat(answer.refused())
                .singleElement()
                .satisfies(refusal -> assertThat(refusal.reason())
                        .contains("of " + answer.accepted().getFirst().installation() + " works on the same database"));
    }

    @Test
    void theOtherInstallationWaitsUntilTheFirstIsDone() {
        twins("later");
        UUID first = Fleet.accepted(upgrade("later-a"));

        Response refused = upgrade("later-b");
        assertThat(Fleet.code(refused)).isEqualTo("upgrade.refused");
        assertThat(refused.jsonPath().getString("detail"))
                .isEqualTo("later-b: upgrade " + first + " of later-a works on the same database");
        assertThat(Fleet.post("/api/v1/restores", new RequestRestore("later-b", UUID.randomUUID()))
                        .statusCode())
                .isEqualTo(409);

        Fleet.post("/api/v1/upgrades/" + first + "/cancel");
        assertThat(Fleet.accepted(upgrade("later-b"))).isNotEqualTo(first);
    }

    @Test
    void ofManyRequestsAtOnceOneBegins() {
        twins("race");
        List<CompletableFuture<Response>> requests = IntStream.range(0, 8)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> upgrade(i % 2 == 0 ? "race-a" : "race-b")))
                .toList();

        assertThat(requests.stream().map(CompletableFuture::join).map(Response::statusCode))
                .containsOnly(202, 409)
                .containsOnlyOnce(202);
    }

    private static Response upgrade(String... installations) {
        return Fleet.post("/api/v1/upgrades", Map.of("installations", installations, "version", "v0.51.2"));
    }

    /** {@code name-a} and {@code name-b} on one database, of which only the first is indexed by it. */
    private void twins(String name) {
        topics.require(SITE);
        Stream.of(name + "-a", name + "-b").forEach(twin -> {
            InstallationSpec spec = new InstallationSpec(
                    UUID.randomUUID(),
                    twin,
                    "metabase",
                    SITE,
                    List.of(new NodeSpec.JarProcess(
                            "node-1",
                            NodeSpec.LOCAL,
                            "/srv/" + twin,
                            "metabase.jar",
                            URI.create("http://127.0.0.1:3000"))),
                    new DatabaseSpec.PostgreSql(
                            twin.endsWith("a") ? "127.0.0.1" : "localhost", 5432, name, "metabase", null));
            String identity = twin.endsWith("a") ? spec.databaseIdentity() : "an older form of " + twin;
            Fleet.insert(sql, spec, identity);
        });
    }
}
