/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What REST refuses, and how it says so. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class RestTest {
    private static final int CUT_OFF = 0;
    private static final ScriptedWorker WORKER = ScriptedWorker.shared();

    @Inject
    SiteTopics topics;

    @Inject
    TestSql sql;

    @Inject
    @PersistenceUnitExtension
    Statements statements;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    /api/v1/upgrades      | {"installations":["a"],                                           | 400 | request.malformed
                    /api/v1/upgrades      | {"installations":["a"],"version":"v1","version":"v2"}             | 400 | request.malformed
                    /api/v1/upgrades      | {"installations":"a","version":"v0.51.1"}                         | 400 | request.invalid
                    /api/v1/upgrades      | {"version":"v0.51.1"}                                             | 400 | request.invalid
                    /api/v1/upgrades      | {"installations":[],"version":"v0.51.1"}                          | 400 | request.invalid
                    /api/v1/upgrades      | {"installations":["a"],"version":"v0.51.1","sha256":"12"}         | 400 | request.invalid
                    /api/v1/upgrades      | {"installations":["a\\u0000"],"version":"v0.51.1"}                | 400 | request.invalid
                    /api/v1/upgrades      | {"installations":["a"],"version":"v1","limits":{"stopGrace":"x"}} | 400 | request.invalid
                    /api/v1/upgrades      | {"installations":["nobody"],"version":"v0.51.1"}                  | 409 | upgrade.refused
                    /api/v1/plans         | {"installations":["nobody"],"version":"v0.51.1"}                  | 409 | upgrade.refused
                    /api/v1/upgrades      | null                                                              | 400 | request.invalid
                    /api/v1/upgrades      | 7                                                                 | 400 | request.invalid
                    /api/v1/installations | {"name":"x"}                                                      | 400 | request.invalid
                    /api/v1/installations | {"directory":"/"}                                                 | 400 | request.invalid
                    /api/v1/installations | {"directory":"/srv/\\u0000x"}                                     | 400 | request.invalid
                    /api/v1/installations | {"name":"<script>","directory":"/srv/x"}                          | 400 | request.invalid
                    /api/v1/installations | {"name":"a\\r\\nb","directory":"/srv/x"}                          | 400 | request.invalid
                    /api/v1/installations | {"name":"*","directory":"/srv/x"}                                 | 400 | request.invalid
                    /api/v1/installations | {"name":"ok","site":"../x","directory":"/srv/x"}                  | 400 | request.invalid
                    /api/v1/installations | {"name":"ok","site":"nowhere","directory":"/srv/x"}               | 404 | site.unknown
                    /api/v1/restores      | {"installation":"nobody"}                                         | 400 | request.invalid
                    /api/v1/restores      | {"installation":"nobody","backupId":"7"}                          | 400 | request.invalid
                    """)
    void badRequestIsRefusedInOneLineAndRecorded(String path, String body, int status, String code) {
        Response response = Fleet.postText(path, body.strip());

        assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
        assertThat(Fleet.code(response)).isEqualTo(code);
        String detail = response.jsonPath().getString("detail");
        assertThat(detail).isNotBlank().doesNotContain("dev.uplift", "\n", "java.");
        Awaitility.await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(Fleet.get("/api/v1/incidents?limit=500")
                                .jsonPath()
                                .<String>getList("content.problem"))
                        .contains(code + ": " + detail));
    }

    @ParameterizedTest
    @CsvSource({
        "/api/v1/installations?limit=0,400,request.invalid",
        "/api/v1/installations?limit=501,400,request.invalid",
        "/api/v1/installations?offset=-1,400,request.invalid",
        "/api/v1/installations?limit=abc,400,request.invalid",
        "/api/v1/upgrades?offset=1e3,400,request.invalid",
        "/api/v1/installations?sort=spec;drop,400,request.invalid",
        "/api/v1/upgrades?state=WHATEVER,400,request.invalid",
        "/api/v1/installations/nobody,404,installation.unknown",
        "/api/v1/upgrades/nobody,404,upgrade.unknown",
        "/api/v1/upgrades/00000000-0000-0000-0000-000000000000,404,upgrade.unknown",
        "/api/v1/plans/00000000-0000-0000-0000-000000000000,404,upgrade.unknown",
        "/api/v1/nowhere,404,http.not-found",
    })
    void badReadIsRefused(String path, int status, String code) {
        Response response = Fleet.get(path);

        assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
        assertThat(Fleet.code(response)).isEqualTo(code);
    }

    @Test
    void hugeAndDeepBodiesAreRefusedToClientsOfBothVersionsOfHttp() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                assertThat(statusOf(http, version, "[".repeat(10_000)))
                        .as("deep, " + version)
                        .isEqualTo(400);
                assertThat(statusOf(http, version, "{\"version\":\"" + "v".repeat(1_010_000) + "\"}"))
                        .as("long, " + version)
                        .isEqualTo(400);
                assertThat(statusOf(http, version, "{\"version\":\"" + "v".repeat(2_000_000) + "\"}"))
                        .as("too long to be read, " + version)
                        .isIn(413, CUT_OFF);
            }
        }
        assertThat(Fleet.get("/q/health/live").statusCode()).isEqualTo(200);
    }

    /**
     * Not by REST Assured, whose log of the request would take a deep body apart for many seconds. A client that sends on
     * after it was refused may find its connection closed before it has read why.
     */
    private static int statusOf(HttpClient http, HttpClient.Version version, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(
                        URI.create(RestAssured.baseURI + ":" + RestAssured.port + "/api/v1/upgrades"))
                .version(version)
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return CUT_OFF;
        }
    }

    @Test
    void registrationThatItsHostRefusesCanBeAskedForAgain() {
        InstallationStatus refused = Fleet.register("second-try", "/srv/refuse", InstallationStatus.State.REFUSED);
        assertThat(refused.problem()).contains("host.unexpected");

        assertThat(Fleet.ready("second-try").problem()).isNull();
        assertThat(Fleet.code(Fleet.post(
                        "/api/v1/installations",
                        new RegisterInstallation("second-try", null, null, null, "/srv/elsewhere"))))
                .isEqualTo("installation.exists");
    }

    @Test
    void databaseOfAnotherInstallationIsRefusedByName() {
        Fleet.ready("owner");

        InstallationStatus refused = Fleet.register("thief", "/srv/owner", InstallationStatus.State.REFUSED);

        assertThat(refused.problem()).contains("its database belongs to installation owner already");
    }

    @Test
    void registrationAtASiteWithoutWorkersIsRefusedInTime() {
        topics.require("far-away");
        Fleet.post("/api/v1/installations", new RegisterInstallation("lonely", null, "far-away", null, "/srv/lonely"));

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> Fleet.installation("lonely").state() == InstallationStatus.State.REFUSED);
        InstallationStatus lonely = Fleet.installation("lonely");
        assertThat(lonely.problem())
                .isEqualTo("no swap-service gives a sign of life at site far-away: look after it, and ask for the"
                        + " registration again");
        assertThat(Fleet.get("/api/v1/installations?q=lonely").jsonPath().getList("content"))
                .as("it is no installation")
                .isEmpty();
        assertThat(Fleet.get("/api/v1/incidents?q=lonely").jsonPath().getString("content[0].problem"))
                .isEqualTo(lonely.problem());
    }

    @Test
    void registrationThatIsWorkedAtIsWaitedForLongerThanASilentOne() {
        topics.require("slow-site");
        UUID slow = Fleet.read(
                        Fleet.post(
                                "/api/v1/installations",
                                new RegisterInstallation("slow", null, "slow-site", null, "/srv/slow")),
                        InstallationStatus.class)
                .id();
        sql.execute("UPDATE installation SET inspect_due_at = now() + interval '3 s' WHERE id = ?", slow);

        ScriptedWorker.shared().underway(slow);

        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> sql.one(
                        Boolean.class,
                        "SELECT inspect_due_at > now() + interval '5 s' FROM installation WHERE id = ?",
                        slow));
        assertThat(Fleet.installation("slow").state()).isEqualTo(InstallationStatus.State.REGISTERING);
    }

    @Test
    void aRegistrationWithoutAnAnswerIsRefusedForThat() {
        topics.require("hanging-site");
        for (String name : List.of("hanging", "silent")) {
            Fleet.post(
                    "/api/v1/installations",
                    new RegisterInstallation(name, null, "hanging-site", null, "/srv/" + name));
        }
        // Both are judged when the longest time is over, too; one was silent before.
        sql.execute("UPDATE installation SET inspect_until = now(), inspect_due_at = now()"
                + " - CASE name WHEN 'silent' THEN interval '1 s' ELSE interval '0 s' END"
                + " WHERE name IN ('hanging', 'silent')");

        for (String name : List.of("hanging", "silent")) {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .until(() -> Fleet.installation(name).state() == InstallationStatus.State.REFUSED);
        }

        assertThat(Fleet.installation("hanging").problem())
                .startsWith("the swap-service at site hanging-site has had it for 300 s without an answer");
        assertThat(Fleet.installation("silent").problem())
                .startsWith("no swap-service gives a sign of life at site hanging-site");
    }

    @Test
    void removedInstallationIsForgotten() {
        Fleet.ready("removed");

        assertThat(Fleet.delete("/api/v1/installations/removed").statusCode()).isEqualTo(204);

        assertThat(Fleet.get("/api/v1/installations/removed").statusCode()).isEqualTo(404);
    }

    @Test
    void listsArePaged() {
        Fleet.ready("page-1");
        Fleet.ready("page-2");
        Fleet.ready("page-3");

        Response page = Fleet.get("/api/v1/installations?q=PAGE-&sort=name:desc&limit=2&offset=1");

        assertThat(page.jsonPath().getInt("total")).isEqualTo(3);
        assertThat(page.jsonPath().<String>getList("content.name")).containsExactly("page-2", "page-1");
    }

    /** What is cast and sorted before the limit is read of all rows. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/v1/installations",
                "/api/v1/upgrades",
                "/api/v1/backups",
                "/api/v1/incidents",
                "/api/v1/hosts"
            })
    void aListFindsTheRowsOfItsPageByTheirKeys(String path) {
        List<String> sent = statements.ofAllDuring(
                () -> assertThat(Fleet.get(path).statusCode()).isEqualTo(200));
        String page = sent.stream()
                .filter(statement -> statement.contains("offset ? rows"))
                .findFirst()
                .orElseThrow()
                .replace("like ?", "like '%'")
                .replaceAll("in \\([?,]+\\)", "in ('UPGRADE')")
                .replace("offset ? rows", "offset 0 rows")
                .replace("first ? rows", "first 50 rows");
        String plan = sql.one(String.class, "EXPLAIN (VERBOSE, FORMAT JSON) " + page);

        JsonNode limit = Columns.parse(plan, JsonNode.class).findParents("Node Type").stream()
                .filter(node -> node.path("Node Type").asText().equals("Limit"))
                .findFirst()
                .orElseThrow();
        assertThat(limit.findValues("Output").toString()).doesNotContain("::text", "problem", "spec", "body");
    }

    @Test
    void healthMetricsAndOpenApiAnswer() {
        Fleet.ready("measured");
        Fleet.await(Fleet.upgrade("measured"), UpgradeStatus.State.COMPLETED);

        assertThat(Fleet.get("/q/health").jsonPath().getString("status")).isEqualTo("UP");
        assertThat(Fleet.get("/q/health").asString()).contains("consumer results", "Database connections health check");
        assertThat(Fleet.get("/q/metrics").asString()).contains("uplift_saga_transitions_total", "uplift_outbox_depth");
        Map<String, Object> paths = Fleet.get("/openapi?format=json").jsonPath().getMap("paths");
        assertThat(paths)
                .containsKeys(
                        "/api/v1/installations",
                        "/api/v1/installations/{nameOrId}",
                        "/api/v1/hosts/{name}/discoveries",
                        "/api/v1/hosts/{name}/discoveries/{id}",
                        "/api/v1/upgrades",
                        "/api/v1/upgrades/{id}",
                        "/api/v1/upgrades/{id}/cancel",
                        "/api/v1/upgrades/{id}/retry",
                        "/api/v1/plans",
                        "/api/v1/plans/{id}",
                        "/api/v1/backups",
                        "/api/v1/restores",
                        "/api/v1/incidents",
                        "/api/v1/events");
    }

    @Test
    void restoreOfAnotherInstallationsBackupIsRefused() {
        Fleet.ready("no-backup");

        Response response =
                Fleet.post("/api/v1/restores", Map.of("installation", "no-backup", "backupId", UUID.randomUUID()));

        assertThat(Fleet.code(response)).isEqualTo("upgrade.refused");
        assertThat(WORKER.steps("no-backup")).isEqualTo(List.of());
    }
}
