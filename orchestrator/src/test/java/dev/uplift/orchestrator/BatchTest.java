package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.sql.Columns;
import dev.uplift.orchestrator.upgrade.ResultsHandler;
import dev.uplift.orchestrator.upgrade.Upgrades;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlLogger;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.junit.jupiter.api.Test;

/** What a batch costs, and what two replicas do to the same sagas at once. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class BatchTest {
    private static final int SAGAS = 200;

    @Inject
    Jdbi jdbi;

    @Inject
    SiteTopics topics;

    @Inject
    Upgrades upgrades;

    @Inject
    ResultsHandler results;

    @Test
    void twoHundredSagasCostAFewStatements() {
        Map<UUID, UUID> sagas = fleet("batch-site", SAGAS);

        int statements = counted(handle -> results.handle(handle, answers(sagas, 0)));

        assertThat(statements).isLessThanOrEqualTo(8);
        assertThat(atSecondStep(sagas)).isEqualTo(SAGAS);
        int repeated = counted(handle -> results.handle(handle, answers(sagas, 0)));
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
                    jdbi.useTransaction(handle -> results.handle(handle, batch));
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
        long commands = jdbi.withHandle(
                handle -> handle.createQuery("SELECT count(*) FROM transition_log WHERE saga_id = ANY(:ids)")
                        .bindArray("ids", UUID.class, sagas.keySet())
                        .mapTo(Long.class)
                        .one());
        assertThat(commands).isEqualTo(80);
    }

    private int counted(Consumer<Handle> work) {
        AtomicInteger statements = new AtomicInteger();
        jdbi.useTransaction(handle -> {
            handle.getConfig(SqlStatements.class).setSqlLogger(new SqlLogger() {
                @Override
                public void logAfterExecution(StatementContext context) {
                    statements.incrementAndGet();
                }
            });
            work.accept(handle);
        });
        return statements.get();
    }

    private long atSecondStep(Map<UUID, UUID> sagas) {
        return jdbi.withHandle(handle -> handle.createQuery(
                        "SELECT count(*) FROM saga WHERE id = ANY(:ids) AND state->'command'->>'step' = '1'")
                .bindArray("ids", UUID.class, sagas.keySet())
                .mapTo(Long.class)
                .one());
    }

    /** Registers installations at a site without workers and begins an upgrade of each; saga to installation. */
    private Map<UUID, UUID> fleet(String site, int size) {
        topics.require(site);
        Map<UUID, UUID> sagas = new ConcurrentHashMap<>();
        jdbi.useTransaction(handle -> {
            List<String> names = new ArrayList<>();
            Map<String, UUID> ids = new ConcurrentHashMap<>();
            for (int i = 0; i < size; i++) {
                InstallationSpec spec = spec(site, site + "-" + i);
                names.add(spec.name());
                ids.put(spec.name(), spec.id());
                insert(handle, spec);
            }
            Upgrades.Answer answer = upgrades.request(
                    handle,
                    UpgradeStatus.Kind.UPGRADE,
                    UUID.randomUUID(),
                    new UpgradeRequested(null, null, names, "v0.51.2", null, null, null, null));
            answer.sagas()
                    .accepted()
                    .forEach(accepted -> sagas.put(accepted.upgradeId(), ids.get(accepted.installation())));
        });
        return sagas;
    }

    private static void insert(Handle handle, InstallationSpec spec) {
        handle.createUpdate("INSERT INTO installation (id, name, state, rev, epoch, site, profile, spec, running,"
                        + " checks, database_identity, updated_at) VALUES (:id, :name, 'READY', 1, 0, :site,"
                        + " 'metabase', :spec::jsonb, :running::jsonb, '[]', :identity, now())")
                .bind("id", spec.id())
                .bind("name", spec.name())
                .bind("site", spec.site())
                .bind("spec", Columns.json(spec))
                .bind("running", Columns.json(new Release("v0.50.1", "oss", ScriptedWorker.OLD_SHA256, null)))
                .bind("identity", spec.databaseIdentity())
                .execute();
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
            batch.add(new Received(
                    new Message(
                            id,
                            MessageType.STEP_SUCCEEDED,
                            URI.create("/test"),
                            installation.toString(),
                            Instant.now(),
                            null,
                            result),
                    Topics.results(ServiceName.SWAP),
                    0,
                    batch.size()));
        });
        return batch;
    }
}
