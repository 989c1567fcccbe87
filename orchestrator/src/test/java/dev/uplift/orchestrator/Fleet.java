/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.Release;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RegisterInstallation;
import io.restassured.http.ContentType;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** What an operator does by REST, and what cannot be done by it. */
final class Fleet {
    private static final Duration SOON = Duration.ofSeconds(20);

    private Fleet() {}

    /** Registers an installation of this name and waits until it is READY. */
    static InstallationStatus ready(String name) {
        return register(name, "/srv/" + name, InstallationStatus.State.READY);
    }

    /** Writes a READY installation of v0.50.1 into the inventory, for a site where nobody could be asked for it. */
    static void insert(TestSql sql, InstallationSpec spec, String databaseIdentity) {
        sql.execute(
                "INSERT INTO installation (id, name, state, rev, epoch, site, profile, spec, running, checks,"
                        + " database_identity, updated_at) VALUES (?, ?, 'READY', 1, 0, ?, 'metabase',"
                        + " CAST(? AS jsonb), CAST(? AS jsonb), '[]', ?, now())",
                spec.id(),
                spec.name(),
                spec.site(),
                json(spec),
                json(new Release("v0.50.1", "oss", ScriptedWorker.OLD_SHA256, null)),
                databaseIdentity);
    }

    static InstallationStatus register(String name, String directory, InstallationStatus.State expected) {
        Response response =
                post("/api/v1/installations", new RegisterInstallation(name, "metabase", null, null, directory));
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(202);
        return org.awaitility.Awaitility.await()
                .atMost(SOON)
                .until(() -> installation(name), status -> status.state() == expected);
    }

    static InstallationStatus installation(String name) {
        return read(get("/api/v1/installations/" + name), InstallationStatus.class);
    }

    /** Asks for an upgrade to v0.51.2 and returns its id. */
    static UUID upgrade(String name) {
        return accepted(post("/api/v1/upgrades", Map.of("installations", new String[] {name}, "version", "v0.51.2")));
    }

    static UpgradeStatus status(UUID upgrade) {
        return read(get("/api/v1/upgrades/" + upgrade), UpgradeStatus.class);
    }

    static UpgradeStatus await(UUID upgrade, UpgradeStatus.State state) {
        return await(upgrade, status -> status.state() == state);
    }

    static UpgradeStatus await(UUID upgrade, Predicate<UpgradeStatus> wanted) {
        return org.awaitility.Awaitility.await()
                .atMost(SOON)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> status(upgrade), wanted);
    }

    static Response get(String path) {
        return given().get(path);
    }

    static Response post(String path, Object body) {
        return postText(path, json(body));
    }

    static Response delete(String path) {
        return given().delete(path);
    }

    /** The stable code of a problem. */
    static String code(Response problem) {
        assertThat(problem.contentType()).startsWith("application/problem+json");
        return problem.jsonPath().getString("code");
    }

    /** The id of the one saga that was begun. */
    static UUID accepted(Response response) {
        return answer(response).accepted().getFirst().upgradeId();
    }

    /** What was begun, and what was refused. */
    static AcceptedSagas answer(Response response) {
        assertThat(response.statusCode()).as(response.asString()).isEqualTo(202);
        return read(response, AcceptedSagas.class);
    }

    static Response post(String path) {
        return given().post(path);
    }

    static Response postText(String path, String body) {
        return given().contentType(ContentType.JSON).body(body).post(path);
    }

    static <T> T read(Response response, Class<T> type) {
        try {
            return Json.mapper().readValue(response.asString(), type);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not a " + type.getSimpleName() + ": " + response.asString(), e);
        }
    }

    private static String json(Object body) {
        try {
            return Json.mapper().writeValueAsString(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }
}
