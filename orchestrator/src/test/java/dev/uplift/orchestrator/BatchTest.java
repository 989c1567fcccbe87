/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.HostSpec;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.api.HostEntry;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.intake.ResultsHandler;
import dev.uplift.orchestrator.publish.SiteTopics;
import io.quarkus.hibernate.orm.PersistenceUnitExtension;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a batch costs, and what two replicas do to the same sagas at once. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class BatchTest {
    private static final int SAGAS = 200;

    @Inject
    TestSql sql;

    @Inject
    Database database;

    @Inject
    @PersistenceUnitExtension
    Statements statements;

    @Inject
    SiteTopics topics;

    @Inject
    ResultsHandler results;

    @Test
    void twoHundredSagasCostAFewStatements() {
        Map<UUID, UUID> sagas = fleet("batch-site", SAGAS);

        int first = counted(() -> results.handle(answers(sagas, 0)));

        assertThat(first).isLessThanOrEqualTo(8);
        assertThat(atSecondStep(sagas)).isEqualTo(SAGAS);
        int repeated = counted(() -> results.handle(answers(sagas, 0)));
        assertThat(repeated).isLessThanOrEqualTo(2);
        assertThat(atSecondStep(sagas)).isEqualTo(SAGAS);
    }

    @Test
    void replicasThatTakeTheSameResultsAtOnceMoveEachSagaOnce() throws InterruptedException {
        Map<UUID, UUID> sagas = fleet("race-site", 40);
        List<Thread> replicas = new ArrayList<>();
        Map<String, Throwable> problems = new ConcurrentHashMap<>();
        for (int i = 0; i < 4; i++) {
            List<Received> batch = new ArrayList<>(answers(sagas, i));
            if (i % 2 == 1) {
                Collections.reverse(batch);
            }
            replicas.add(Thread.ofPlatform().start(() -> {
                try {
                    database.useTransaction(() -> results.handle(batch));
                } catch (RuntimeException e) {
                    problems.put(Thread.currentThread().getName(), e);
                }
            }));
        }
        for (Thread replica : replicas) {
            replica.join();
        }

        assertThat(problems).isEmpty();
        assertThat(atSecondStep(sagas)).isEqualTo(40);
        long commands = sql.one(Long.class, "SELECT count(*) FROM transition_log WHERE saga_id = ANY (?)", (Object)
                ids(sagas.keySet()));
        assertThat(commands).isEqualTo(80);
    }

    /** Whoever changes a host holds it and then its installations: the other way round, each would wait for the other. */
    @Test
    void resultsThatWaitForAHostHoldNoInstallation() throws Exception {
        Map<UUID, UUID> sagas = fleet("order-site", 1);
        HostSpec host = new HostSpec.Ssh(
                "order", "order.example.org", 22, "root", "SHA256:" + "a".repeat(43), "file:/etc/uplift/key");
        assertThat(Fleet.post("/api/v1/hosts", new HostEntry(host, "order-site", null))
                        .statusCode())
                .isEqualTo(201);
        UUID asked = Fleet.read(
                        Fleet.post(
                                "/api/v1/installations",
                                new RegisterInstallation(
                                        "order-unit",
                                        "metabase",
                                        null,
                                        null,
                                        null,
                                        "order",
                                        "order.service",
                                        null,
                                        null)),
                        InstallationStatus.class)
                .id();
        List<Received> batch = new ArrayList<>(answers(sagas, 0));
        batch.add(received(MessageType.INSTALLATION_FOUND, asked, found(asked, host, false), asked));

        try (ExecutorService replica = Executors.newSingleThreadExecutor()) {
            Future<?> taking = database.inTransaction(() -> {
                assertThat(sql.list(String.class, "SELECT name FROM host WHERE name = 'order' FOR UPDATE"))
                        .hasSize(1);
                int pid = sql.one(Integer.class, "SELECT pg_backend_pid()");
                Future<?> waiting = replica.submit(() -> database.useTransaction(() -> results.handle(batch)));
                await().atMost(Duration.ofSeconds(20)).until(() -> isWaitedFor(pid));
                assertThat(sql.list(
                                UUID.class, "SELECT id FROM installation WHERE id = ANY (?) FOR UPDATE NOWAIT", (Object)
                                        ids(sagas.values())))
                        .hasSize(1);
                return waiting;
            });
            taking.get(20, TimeUnit.SECONDS);
        }

        assertThat(atSecondStep(sagas)).isEqualTo(1);
        assertThat(Fleet.installation("order-unit").state())
                .as("it was accepted, and is to be taken")
                .isEqualTo(InstallationStatus.State.REGISTERING);
        Received taken = received(MessageType.INSTALLATION_FOUND, asked, found(asked, host, true), UUID.randomUUID());
        database.useTransaction(() -> results.handle(List.of(taken)));
        assertThat(Fleet.installation("order-unit").state()).isEqualTo(InstallationStatus.State.READY);
    }

    private boolean isWaitedFor(int pid) {
        return sql.one(
                Boolean.class, "SELECT count(*) > 0 FROM pg_stat_activity WHERE ? = ANY (pg_blocking_pids(pid))", pid);
    }

    private static Inspection.Found found(UUID id, HostSpec host, boolean taken) {
        InstallationSpec spec = new InstallationSpec(
                id,
                "order-unit",
                "metabase",
                "order-site",
                List.of(new NodeSpec.Systemd(
                        "node-1",
                        host.name(),
                        "order.service",
                        "/srv/order",
                        "metabase.jar",
                        URI.create("http://127.0.0.1:3000"))),
                new DatabaseSpec.H2(host.name(), "/srv/order/metabase.db.mv.db", null, null),
                List.of(host));
        return new Inspection.Found(
                id, spec, new Release("v0.50.1", "oss", ScriptedWorker.OLD_SHA256, null), List.of(), null, null, taken);
    }

    private int counted(Runnable work) {
        return statements.during(() -> database.useTransaction(work::run)).size();
    }

    private long atSecondStep(Map<UUID, UUID> sagas) {
        return sql.one(
                Long.class, "SELECT count(*) FROM saga WHERE id = ANY (?) AND state->'command'->>'step' = '1'", (Object)
                        ids(sagas.keySet()));
    }

    /** Registers installations at a site without workers and begins an upgrade of each; saga to installation. */
    private Map<UUID, UUID> fleet(String site, int size) {
        topics.require(site);
        Map<UUID, UUID> sagas = new ConcurrentHashMap<>();
        List<String> names = new ArrayList<>();
        Map<String, UUID> ids = new ConcurrentHashMap<>();
        database.useTransaction(() -> {
            for (int i = 0; i < size; i++) {
                InstallationSpec spec = spec(site, site + "-" + i);
                names.add(spec.name());
                ids.put(spec.name(), spec.id());
                Fleet.insert(sql, spec, spec.databaseIdentity());
            }
        });
        Fleet.answer(Fleet.post("/api/v1/upgrades", Map.of("installations", names, "version", "v0.51.2")))
                .accepted()
                .forEach(accepted -> sagas.put(accepted.upgradeId(), ids.get(accepted.installation())));
        return sagas;
    }

    private static InstallationSpec spec(String site, String name) {
        return new InstallationSpec(
                UUID.randomUUID(),
                name,
                "metabase",
                site,
                List.of(new NodeSpec.JarProcess(
                        "node-1", NodeSpec.LOCAL, "/srv/" + name, "metabase.jar", URI.create("http://127.0.0.1:3000"))),
                new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/" + name + "/metabase.db.mv.db", null, null));
    }

    private static UUID[] ids(Collection<UUID> ids) {
        return ids.toArray(UUID[]::new);
    }

    /** A success of PREFLIGHT for each; different {@code copy}: the same results in different messages. */
    private static List<Received> answers(Map<UUID, UUID> sagas, int copy) {
        List<Received> batch = new ArrayList<>();
        sagas.forEach((saga, installation) -> {
            StepResult result = new StepResult.Succeeded(
                    saga,
                    installation,
                    0,
                    Direction.DO,
                    1,
                    new StepOutput.NodesChecked(
                            new Release("v0.50.1", "oss", ScriptedWorker.OLD_SHA256, null), List.of()));
            UUID id = UUID.nameUUIDFromBytes((saga + "/" + copy).getBytes(StandardCharsets.UTF_8));
            batch.add(received(MessageType.STEP_SUCCEEDED, installation, result, id));
        });
        return batch;
    }

    private static Received received(String type, UUID installation, Object body, UUID id) {
        return new Received(
                new Message(id, type, URI.create("/test"), installation.toString(), Instant.now(), null, body),
                Topics.results(ServiceName.SWAP),
                0,
                0);
    }
}
