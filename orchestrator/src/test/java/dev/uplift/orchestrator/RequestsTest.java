/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.startsWith;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.messaging.Database;
import dev.uplift.orchestrator.incident.IncidentRepository;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.upgrade.RequestRunner;
import dev.uplift.orchestrator.upgrade.RequestStore;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import dev.uplift.orchestrator.upgrade.Upgrades;
import io.quarkus.narayana.jta.QuarkusTransaction;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hamcrest.Matcher;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for more installations than fit into a transaction. Their site has no workers, so nothing goes on by itself. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class RequestsTest {
    private static final String SITE = "bulk-site";
    private static final String PROFILE = "spring-cloud-data-flow";
    private static final int CHUNK = 200;
    private static final Matcher<String> SET_ASIDE = startsWith("the request was set aside: beginning upgrades for it");

    /** 10,000 to measure it. */
    private static final int MANY = Integer.getInteger("uplift.test.installations", 1_000);

    @Inject
    TestSql sql;

    @Inject
    Database database;

    @Inject
    RequestStore requests;

    @Inject
    IncidentRepository incidents;

    @Inject
    SiteTopics topics;

    @Inject
    Upgrades upgrades;

    @Inject
    RequestRunner runner;

    @Inject
    SagaUpkeep upkeep;

    /** What an earlier test registered is of another profile from now on, so that {@code *} does not mean it. */
    @BeforeEach
    void begin() {
        topics.require(SITE);
        sql.execute("UPDATE installation SET profile = 'done' WHERE profile = ?", PROFILE);
    }

    @Test
    void oneEventForAllBeginsThemInChunksAndACopyBeginsNothing() {
        List<String> names = fleet("event", MANY, "2.5.1");
        UUID id = UUID.randomUUID();

        trigger(id, "2.7.0", "*");
        trigger(id, "2.7.0", "*");

        await().atMost(Duration.ofMinutes(2)).until(() -> sagas("event-%") == MANY);
        assertThat(largestTransaction("event-%")).isLessThanOrEqualTo(CHUNK);
        assertThat(answers(id)).hasSize(MANY).containsOnlyKeys(names).doesNotContainValue(null);
    }

    /** Each needs two connections, of a pool that all the others need too. */
    @Test
    void manyRequestsAtOnceLeaveConnectionsForTheirWork() throws Exception {
        int many = 40;
        List<String> names = fleet("crowd", many, "2.5.1");
        List<Callable<AcceptedSagas>> asked = names.stream()
                .map(name -> (Callable<AcceptedSagas>) () -> Fleet.answer(
                        Fleet.post("/api/v1/upgrades", Map.of("installations", List.of(name), "version", "2.7.0"))))
                .toList();

        try (ExecutorService callers = Executors.newFixedThreadPool(many)) {
            for (Future<AcceptedSagas> answer : callers.invokeAll(asked)) {
                assertThat(answer.get().accepted()).hasSize(1);
            }
        }
    }

    @Test
    void restAnswersForEachOfVeryMany() {
        List<String> names = fleet("rest", 450, "2.5.1");

        AcceptedSagas answer =
                Fleet.answer(Fleet.post("/api/v1/upgrades", Map.of("installations", names, "version", "2.7.0")));

        assertThat(answer.accepted())
                .extracting(AcceptedSagas.Accepted::installation)
                .containsExactlyInAnyOrderElementsOf(names);
        assertThat(answer.refused()).isEmpty();
        assertThat(largestTransaction("rest-%")).isLessThanOrEqualTo(CHUNK);
    }

    @Test
    void eachOfVeryManyIsRefusedForItself() {
        List<String> names = fleet("newer", 450, "2.8.1");
        UUID id = UUID.randomUUID();

        trigger(id, "2.7.0", names.toArray(String[]::new));

        awaitIncident("refused: 350 more installations");
        assertThat(incidents("refused: newer-%")).isEqualTo(100);
        assertThat(answers(id)).hasSize(450);
        assertThat(sagas("newer-%")).isZero();
    }

    @Test
    void whatAFaultInterruptsGoesOnAndBeginsNothingTwice() {
        List<String> names = fleet("broken", 500, "2.5.1");
        UUID id = UUID.randomUUID();
        failAfter(CHUNK, "53200");
        accept(id, names);
        try {
            assertThatThrownBy(runner::runAll).hasMessageContaining("as the test wants it");
            assertThat(sagas("broken-%")).isEqualTo(CHUNK);
        } finally {
            failNoMore();
        }

        runner.runAll();

        assertThat(sagas("broken-%")).isEqualTo(500);
        assertThat(answers(id)).hasSize(500).doesNotContainValue(null);
    }

    @Test
    void whoGetsNoAnswerIsToldThatTheRequestGoesOn() {
        List<String> names = fleet("unanswered", 2, "2.5.1");
        Map<String, Object> request = new HashMap<>(Map.of("installations", names, "version", "2.7.0"));
        failAfter(0, "53100");
        try {
            request.put(
                    "requestId",
                    Fleet.post("/api/v1/upgrades", request)
                            .then()
                            .statusCode(503)
                            .body("code", equalTo("request.accepted"))
                            .extract()
                            .path("requestId"));
        } finally {
            failNoMore();
        }

        await().atMost(Duration.ofSeconds(30)).until(() -> sagas("unanswered-%") == 2);
        assertThat(Fleet.answer(Fleet.post("/api/v1/upgrades", request)).accepted())
                .extracting(AcceptedSagas.Accepted::installation)
                .containsExactlyInAnyOrderElementsOf(names);
        assertThat(sagas("unanswered-%")).isEqualTo(2);
    }

    /** Data, a column that is missing, a defect of the database. */
    @ParameterizedTest
    @ValueSource(strings = {"22000", "42703", "XX000"})
    void aRequestThatAlwaysFailsIsSetAsideAndTheNextOneGoesOn(String sqlState) {
        UUID failing = UUID.randomUUID();
        UUID next = UUID.randomUUID();
        failAfter(CHUNK, sqlState);
        try {
            accept(failing, fleet("failing" + sqlState, 500, "2.5.1"));
            accept(next, List.of("nobody-there"));
            runner.runAll();
        } finally {
            failNoMore();
        }

        awaitIncident("300 installations were not asked any more");
        assertThat(answers(next)).containsOnlyKeys("nobody-there");
        assertThat(answers(failing)).hasSize(500);
        assertThat(sagas("failing" + sqlState + "-%")).isEqualTo(CHUNK);
    }

    @Test
    void aTurnThatNeverComesIsNotWaitedForForEver() {
        UUID id = UUID.randomUUID();
        Map<String, Object> request =
                Map.of("requestId", id, "installations", fleet("stuck", 1, "2.5.1"), "version", "2.7.0");
        database.useTransaction(() -> {
            assertThat(sql.one(
                            Boolean.class,
                            "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 8480))",
                            "request " + id + "UPGRADE"))
                    .isTrue();
            Fleet.post("/api/v1/upgrades", request).then().statusCode(503).body("code", equalTo("request.accepted"));
        });

        await().atMost(Duration.ofSeconds(30)).until(() -> sagas("stuck-%") == 1);
    }

    @Test
    void aDefectOfTheDatabaseIsNoDatabaseThatIsAway() {
        Map<String, Object> request = Map.of("installations", fleet("defect", 1, "2.5.1"), "version", "2.7.0");
        sql.execute("""
            CREATE OR REPLACE FUNCTION refuse_request() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '42703'; END $$;
            CREATE TRIGGER refuse_request BEFORE UPDATE ON request FOR EACH ROW EXECUTE FUNCTION refuse_request()
            """);
        try {
            Fleet.post("/api/v1/upgrades", request).then().statusCode(500).body("code", equalTo("internal"));
        } finally {
            sql.execute("DROP TRIGGER refuse_request ON request");
        }

        await().atMost(Duration.ofSeconds(30)).until(() -> sagas("defect-%") == 1);
    }

    @Test
    void whatWasSetAsideIsAnsweredForEach() {
        Map<String, Object> first = Map.of("installations", fleet("rejected", 2, "2.5.1"), "version", "2.7.0");
        Map<String, Object> later = Map.of("installations", fleet("halfway", CHUNK + 2, "2.5.1"), "version", "2.7.0");
        AcceptedSagas answer;
        failAfter(0, "22000");
        try {
            Fleet.post("/api/v1/upgrades", first).then().statusCode(409).body("refused.reason", everyItem(SET_ASIDE));
            failNoMore();
            failAfter(CHUNK, "22000");
            answer = Fleet.answer(Fleet.post("/api/v1/upgrades", later));
        } finally {
            failNoMore();
        }

        assertThat(answer.accepted()).hasSize(CHUNK);
        assertThat(answer.refused()).hasSize(2).allMatch(refusal -> SET_ASIDE.matches(refusal.reason()));
    }

    @Test
    void aRequestInWhichProcessesEndedAgainAndAgainIsSetAside() {
        UUID id = UUID.randomUUID();
        List<String> names = fleet("deadly", 1, "2.5.1");
        database.useTransaction(() -> {
            accept(id, names);
            sql.execute("UPDATE request SET begun_by = gen_random_uuid(), death_count = 2 WHERE id = ?", id);
        });

        runner.runAll();

        awaitIncident("3 processes ended while they began upgrades for it; 1 installations");
        assertThat(sagas("deadly-%")).isZero();
    }

    @Test
    void processesThatLiveAreNotCountedAsEnded() {
        UUID id = UUID.randomUUID();
        RequestRunner other = new RequestRunner(database, requests, upgrades, incidents);
        failAfter(0, "53100");
        try {
            accept(id, fleet("full", 1, "2.5.1"));
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(runner::runAll).hasMessageContaining("as the test wants it");
                assertThatThrownBy(other::runAll).hasMessageContaining("as the test wants it");
            }
        } finally {
            failNoMore();
        }

        other.runAll();

        assertThat(sagas("full-%")).isEqualTo(1);
    }

    @Test
    void requestsAreCarriedOutInTheOrderInWhichTheyCame() {
        String name = fleet("ordered", 1, "2.5.1").getFirst();
        UUID first = UUID.randomUUID();
        UUID second = UUID.randomUUID();

        trigger(first, "2.7.0", name);
        trigger(second, "2.8.0", name);

        awaitIncident("refused: " + name + ": upgrade");
        assertThat(answers(first)).doesNotContainValue(null);
        assertThat(answers(second)).containsOnlyKeys(name);
    }

    @Test
    void aRequestIsForgottenAfterItWasCarriedOutHoweverOldItIs() {
        UUID id = UUID.randomUUID();
        failAfter(0, "53100");
        try {
            accept(id, fleet("aged", 1, "2.5.1"));
            sql.execute("UPDATE request SET at = now() - interval '90 days' WHERE id = ?", id);
            upkeep.forget(Instant.now().minus(Duration.ofDays(60)));
        } finally {
            failNoMore();
        }

        runner.runAll();

        assertThat(sagas("aged-%")).isEqualTo(1);
        upkeep.forget(Instant.now().minus(Duration.ofDays(60)));
        assertThat(answers(id)).hasSize(1);
        sql.execute("UPDATE request SET finished_at = now() - interval '90 days' WHERE id = ?", id);
        upkeep.forget(Instant.now().minus(Duration.ofDays(60)));
        assertThat(answers(id)).isEmpty();
    }

    @Test
    void theIdOfAnotherRequestIsRefused() {
        List<String> names = fleet("reused", 2, "2.5.1");
        UUID id = UUID.randomUUID();
        Map<String, Object> first = Map.of("requestId", id, "installations", names, "version", "2.7.0");
        Map<String, Object> other = Map.of("requestId", id, "installations", names.subList(0, 1), "version", "2.7.0");
        AcceptedSagas answer = Fleet.answer(Fleet.post("/api/v1/upgrades", first));

        assertThat(Fleet.answer(Fleet.post("/api/v1/upgrades", first))).isEqualTo(answer);
        assertThat(Fleet.code(Fleet.post("/api/v1/upgrades", other))).isEqualTo("request.id-reused");
        trigger(id, "2.8.0", names.toArray(String[]::new));
        awaitIncident("requestId is that of an earlier request for something else");
        assertThat(sagas("reused-%")).isEqualTo(2);
    }

    @Test
    void whoeverIsNamedTwiceIsUpgradedOnce() {
        List<String> names = fleet("twice", CHUNK, "2.5.1");
        String sameById =
                sql.one(String.class, "SELECT CAST(id AS text) FROM installation WHERE name = ?", names.getFirst());
        List<String> named = new ArrayList<>(names);
        named.add(sameById);

        for (String path : List.of("/api/v1/plans", "/api/v1/upgrades")) {
            AcceptedSagas answer = Fleet.answer(Fleet.post(path, Map.of("installations", named, "version", "2.7.0")));
            assertThat(answer.accepted()).hasSize(CHUNK);
            assertThat(answer.refused()).isEmpty();
        }
    }

    private void accept(UUID id, List<String> names) {
        boolean accepted = QuarkusTransaction.joiningExisting()
                .call(() -> upgrades.accept(UpgradeStatus.Kind.UPGRADE, id, "test/0/0", request(id, "2.7.0", names)));
        assertThat(accepted).isTrue();
    }

    private static UpgradeRequested request(UUID id, String version, List<String> names) {
        return new UpgradeRequested(id, PROFILE, names, version, null, null, null, null);
    }

    private static void trigger(UUID id, String version, String... names) {
        ScriptedWorker.shared()
                .send(
                        Topics.TRIGGERS,
                        new Message(
                                UUID.randomUUID(),
                                MessageType.UPGRADE_REQUESTED,
                                URI.create("/ci"),
                                "same-key",
                                Instant.now(),
                                null,
                                request(id, version, List.of(names))));
    }

    /** READY installations {@code prefix-1} and so on, of one profile that no other test uses. */
    private List<String> fleet(String prefix, int size, String version) {
        InstallationSpec spec = new InstallationSpec(
                UUID.randomUUID(),
                prefix,
                PROFILE,
                SITE,
                List.of(new NodeSpec.JarProcess(
                        "node-1", NodeSpec.LOCAL, "/srv/bulk", "dataflow.jar", URI.create("http://127.0.0.1:9393"))),
                new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/bulk", null, null));
        return sql.list(
                String.class,
                """
                INSERT INTO installation (id, name, state, rev, epoch, site, profile, spec, running, checks,
                                          database_identity, updated_at)
                SELECT id, name, 'READY', 1, 0, ?, ?,
                       spec || jsonb_build_object('id', id, 'name', name, 'database',
                           (spec->'database') || jsonb_build_object('path', '/srv/' || name)),
                       CAST(? AS jsonb), '[]', name, now()
                  FROM (SELECT gen_random_uuid() AS id, CAST(? AS jsonb) AS spec, ? || '-' || n AS name
                          FROM generate_series(1, ?) n) AS fleet
                RETURNING name
                """,
                SITE,
                PROFILE,
                Columns.json(new Release(version, null, ScriptedWorker.OLD_SHA256, null)),
                Columns.json(spec),
                prefix,
                size);
    }

    /** Lets the database refuse the saga after so many of one installation's name. */
    private void failAfter(int count, String sqlState) {
        database.useTransaction(() -> {
            sql.execute("""
                CREATE OR REPLACE FUNCTION refuse_saga() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF (SELECT count(*) FROM saga
                         WHERE split_part(installation, '-', 1) = split_part(NEW.installation, '-', 1)) >= %d THEN
                        RAISE EXCEPTION 'as the test wants it' USING ERRCODE = '%s';
                    END IF;
                    RETURN NEW;
                END $$
                """.formatted(count, sqlState));
            sql.execute("CREATE TRIGGER refuse_saga BEFORE INSERT ON saga FOR EACH ROW EXECUTE FUNCTION refuse_saga()");
        });
    }

    private void failNoMore() {
        sql.execute("DROP TRIGGER refuse_saga ON saga");
    }

    private long sagas(String pattern) {
        return count("SELECT count(*) FROM saga WHERE installation LIKE ?", pattern);
    }

    private long incidents(String pattern) {
        return count("SELECT count(*) FROM incident WHERE problem LIKE ?", pattern);
    }

    /** How many sagas began in the largest of the transactions: a row tells which one wrote it. */
    private long largestTransaction(String pattern) {
        return count(
                "SELECT max(size) FROM (SELECT count(*) AS size FROM saga WHERE installation LIKE ?"
                        + " GROUP BY CAST(xmin AS text)) AS transactions",
                pattern);
    }

    private long count(String query, String pattern) {
        return sql.one(Long.class, query, pattern);
    }

    /** The upgrades by the names of their installations; a refused one has none. */
    private Map<String, UUID> answers(UUID request) {
        Map<String, UUID> answers = new HashMap<>();
        sql.list(Object[].class, "SELECT installation, upgrade_id FROM request_answer WHERE request_id = ?", request)
                .forEach(row -> answers.put((String) row[0], (UUID) row[1]));
        return answers;
    }

    private void awaitIncident(String part) {
        await().atMost(Duration.ofSeconds(30)).until(() -> incidents("%" + part + "%") > 0);
    }
}
