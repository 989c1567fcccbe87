/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.HostSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.orchestrator.sql.Columns;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The inventory of hosts, and what workers are told of them. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class HostTest {
    private static final ScriptedWorker WORKER = ScriptedWorker.shared();

    @Test
    void hostIsAddedListedReplacedAndRemoved() {
        assertThat(add("h1", 'a').statusCode()).isEqualTo(201);
        assertThat(Fleet.code(add("h1", 'b'))).isEqualTo("host.exists");
        assertThat(Fleet.get("/api/v1/hosts?q=h1").jsonPath().getString("content[0].host.hostKey"))
                .isEqualTo(key('a'));

        assertThat(replace("h1", 'b').statusCode()).isEqualTo(200);
        assertThat(Fleet.get("/api/v1/hosts/h1").jsonPath().getString("host.hostKey"))
                .isEqualTo(key('b'));

        assertThat(Fleet.delete("/api/v1/hosts/h1").statusCode()).isEqualTo(204);
        assertThat(Fleet.code(Fleet.get("/api/v1/hosts/h1"))).isEqualTo("host.unknown");
        assertThat(Fleet.code(Fleet.delete("/api/v1/hosts/h1"))).isEqualTo("host.unknown");
    }

    @Test
    void hostThatIsNotPinnedIsRefused() {
        Response response = Fleet.post(
                "/api/v1/hosts",
                Map.of(
                        "host",
                        Map.of(
                                "kind",
                                "ssh",
                                "name",
                                "h2",
                                "address",
                                "h2",
                                "port",
                                22,
                                "user",
                                "root",
                                "hostKey",
                                "accept-new",
                                "keyRef",
                                "file:/k")));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.jsonPath().getString("detail")).contains("host.hostKey is not a fingerprint");
    }

    @Test
    void registrationOnAnUnknownHostIsRefused() {
        assertThat(Fleet.code(Fleet.post("/api/v1/installations", unit("nowhere", "nobody"))))
                .isEqualTo("host.unknown");
    }

    @Test
    void workerIsToldHowTheHostIsReachedWhenTheStepIsSentAndNotWhenTheSagaBegan() {
        add("h3", 'a');
        ready("on-h3", "h3");
        WORKER.script(
                "on-h3",
                command -> command.step() == StepName.FETCH
                        ? new ScriptedWorker.Reply.Silence()
                        : new ScriptedWorker.Reply.Success());
        UUID upgrade = Fleet.upgrade("on-h3");
        StepCommand fetch = WORKER.await("on-h3", StepName.FETCH);

        assertThat(replace("h3", 'b').statusCode()).isEqualTo(200);
        WORKER.succeed(fetch);

        Fleet.await(upgrade, UpgradeStatus.State.COMPLETED);
        assertThat(WORKER.commands("on-h3"))
                .filteredOn(command -> command.step().compareTo(StepName.FETCH) <= 0)
                .allMatch(command -> command.installation().hosts().equals(List.of(host("h3", 'a'))));
        assertThat(WORKER.commands("on-h3"))
                .filteredOn(command -> command.step().compareTo(StepName.FETCH) > 0)
                .isNotEmpty()
                .allMatch(command -> command.installation().hosts().equals(List.of(host("h3", 'b'))));
        assertThat(Fleet.installation("on-h3").spec())
                .satisfies(
                        spec -> assertThat(Objects.requireNonNull(spec).hosts()).containsExactly(host("h3", 'b')));
    }

    @Test
    void hostWithInstallationsStays() {
        add("h4", 'a');
        ready("on-h4", "h4");

        Response response = Fleet.delete("/api/v1/hosts/h4");

        assertThat(Fleet.code(response)).isEqualTo("host.in-use");
        assertThat(response.jsonPath().getString("detail")).contains("on-h4");
        assertThat(Fleet.delete("/api/v1/installations/on-h4").statusCode()).isEqualTo(204);
        assertThat(Fleet.delete("/api/v1/hosts/h4").statusCode()).isEqualTo(204);
    }

    @Test
    void answerOfAWorkerThatNamesAnotherHostIsRefused() {
        add("h5", 'a');
        WORKER.findOn(host("h5", 'f'));
        try {
            Fleet.post("/api/v1/installations", unit("forged", "h5"));
            Awaitility.await().until(() -> Fleet.installation("forged").state() == InstallationStatus.State.REFUSED);
            assertThat(Fleet.installation("forged").problem()).contains("host h5 was changed or removed meanwhile");
        } finally {
            WORKER.findOn(null);
        }
    }

    private static void ready(String name, String host) {
        assertThat(Fleet.post("/api/v1/installations", unit(name, host)).statusCode())
                .isEqualTo(202);
        Awaitility.await().until(() -> Fleet.installation(name).state() == InstallationStatus.State.READY);
    }

    private static RegisterInstallation unit(String name, String host) {
        return new RegisterInstallation(name, "metabase", null, null, null, host, name + ".service", null, null);
    }

    private static Response add(String name, char key) {
        return Fleet.post("/api/v1/hosts", new HostEntry(host(name, key), null, null));
    }

    private static Response replace(String name, char key) {
        return given().contentType(ContentType.JSON)
                .body(Columns.json(new HostEntry(host(name, key), null, null)))
                .put("/api/v1/hosts/" + name);
    }

    private static HostSpec host(String name, char key) {
        return new HostSpec.Ssh(name, name + ".example.org", 22, "root", key(key), "file:/etc/uplift/key");
    }

    private static String key(char letter) {
        return "SHA256:" + String.valueOf(letter).repeat(43);
    }
}
