/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.Artifact;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.Direction;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.NodeSpec;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.messaging.Database;
import dev.uplift.messaging.Received;
import dev.uplift.orchestrator.intake.ResultsHandler;
import dev.uplift.orchestrator.publish.SiteTopics;
import dev.uplift.orchestrator.saga.SagaPlan;
import dev.uplift.orchestrator.upgrade.SagaUpkeep;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Nothing is stopped before there is room for its outage. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class OutageTest {
    private static final int MORE = 3;
    private static final Duration SOON = Duration.ofSeconds(20);

    @Inject
    TestSql sql;

    @Inject
    Database database;

    @Inject
    SiteTopics topics;

    @Inject
    ResultsHandler results;

    @Inject
    SagaUpkeep upkeep;

    private final Map<UUID, UUID> sagas = new LinkedHashMap<>();

    @Test
    void whoFindsNoRoomWaitsBeforeStopAndMayBeCancelled() {
        fleet("outage-wait", Backends.OUTAGES_MAX + MORE);
        toStop(sagas.keySet());
        upkeep.beginOutages();

        assertThat(having("TAKEN")).hasSize(Backends.OUTAGES_MAX);
        List<UUID> waiting = having("WAITING");
        assertThat(waiting).hasSize(MORE);
        UpgradeStatus status = Fleet.status(waiting.getFirst());
        UpgradeStatus.StepStatus stop = status.steps().get(step(StepName.STOP));
        assertThat(status.state()).isEqualTo(UpgradeStatus.State.RUNNING);
        assertThat(stop.attempt()).isZero();
        assertThat(stop.progress())
                .satisfies(progress -> assertThat(progress.activity()).startsWith("waiting, and serving"));
        assertThat(deadlines(waiting)).isZero();

        assertThat(Fleet.post("/api/v1/upgrades/" + waiting.getFirst() + "/cancel")
                        .statusCode())
                .isLessThan(300);
        assertThat(Fleet.status(waiting.getFirst()).state()).isEqualTo(UpgradeStatus.State.ROLLING_BACK);
        assertThat(having("WAITING")).hasSize(MORE - 1);

        UUID down = having("TAKEN").stream()
                .filter(saga -> !saga.equals(waiting.getFirst()))
                .findFirst()
                .orElseThrow();
        answer(List.of(down), StepName.STOP, Direction.DO, false);
        answer(List.of(down, waiting.getFirst()), StepName.STOP, Direction.UNDO, true);
        await().atMost(SOON).untilAsserted(() -> assertThat(having("WAITING")).hasSize(MORE - 2));
        assertThat(having("TAKEN")).hasSize(Backends.OUTAGES_MAX);
        assertThat(deadlines(having("TAKEN"))).isEqualTo(Backends.OUTAGES_MAX);
    }

    @Test
    void aParkedOneGivesItsPlaceBackAndARetryOfWhatIsDownDoesNotWait() {
        fleet("outage-park", Backends.OUTAGES_MAX + 1);
        toStop(sagas.keySet());
        UUID down = having("TAKEN").getFirst();
        answer(List.of(down), StepName.STOP, Direction.DO, true);
        byPerson(down, StepName.BACKUP);
        assertThat(Fleet.status(down).state()).isEqualTo(UpgradeStatus.State.PARKED);

        await().atMost(SOON).untilAsserted(() -> assertThat(having("WAITING")).isEmpty());
        assertThat(having("TAKEN")).hasSize(Backends.OUTAGES_MAX).doesNotContain(down);

        assertThat(Fleet.post("/api/v1/upgrades/" + down + "/retry").statusCode())
                .isLessThan(300);
        assertThat(having("TAKEN")).hasSize(Backends.OUTAGES_MAX + 1).contains(down);
        assertThat(deadlines(List.of(down))).isEqualTo(1);
    }

    private void toStop(Collection<UUID> all) {
        for (StepName step : List.of(StepName.PREFLIGHT, StepName.PREFLIGHT_DATABASE, StepName.FETCH, StepName.STAGE)) {
            answer(all, step, Direction.DO, true);
        }
    }

    private static int step(StepName name) {
        return SagaPlan.UPGRADE.steps().indexOf(name);
    }

    private void answer(Collection<UUID> all, StepName step, Direction direction, boolean succeeds) {
        List<Received> batch = new ArrayList<>();
        for (UUID saga : all) {
            UUID installation = installation(saga);
            batch.add(
                    succeeds
                            ? received(
                                    MessageType.STEP_SUCCEEDED,
                                    step,
                                    new StepResult.Succeeded(
                                            saga, installation, step(step), direction, 1, output(step, direction)))
                            : received(
                                    MessageType.STEP_FAILED,
                                    step,
                                    new StepResult.Failed(
                                            saga,
                                            installation,
                                            step(step),
                                            direction,
                                            1,
                                            ErrorCode.HOST_UNEXPECTED,
                                            false,
                                            "as the test wants it")));
        }
        database.useTransaction(() -> results.handle(batch));
    }

    private void byPerson(UUID saga, StepName step) {
        StepResult result = new StepResult.Failed(
                saga,
                installation(saga),
                step(step),
                Direction.DO,
                1,
                ErrorCode.INTERFERED,
                false,
                "a person was here");
        database.useTransaction(() -> results.handle(List.of(received(MessageType.STEP_FAILED, step, result))));
    }

    private UUID installation(UUID saga) {
        return Objects.requireNonNull(sagas.get(saga));
    }

    private static Received received(String type, StepName step, StepResult result) {
        return new Received(
                new Message(
                        UUID.randomUUID(),
                        type,
                        URI.create("/test"),
                        result.installationId().toString(),
                        Instant.now(),
                        null,
                        result),
                Topics.results(step.service()),
                0,
                0);
    }

    private static StepOutput output(StepName step, Direction direction) {
        if (direction == Direction.UNDO) {
            return new StepOutput.Serving("v0.50.1", Instant.now());
        }
        return switch (step) {
            case PREFLIGHT ->
                new StepOutput.NodesChecked(new Release("v0.50.1", "oss", ScriptedWorker.OLD_SHA256, null), List.of());
            case PREFLIGHT_DATABASE -> new StepOutput.DatabaseChecked("2.1", 1_000, List.of());
            case FETCH ->
                new StepOutput.ArtifactsFetched(List.of(new Artifact(
                        ScriptedWorker.NEW_SHA256, 100, "v0.51.2", "oss", URI.create("http://127.0.0.1/a/x"), true)));
            case STOP -> new StepOutput.NodesStopped(Instant.now(), null);
            default -> new StepOutput.Nothing();
        };
    }

    private List<UUID> having(String outage) {
        return sql.list(
                UUID.class,
                "SELECT id FROM saga WHERE id = ANY (?) AND outage = ? ORDER BY started_at, id",
                sagas.keySet().toArray(UUID[]::new),
                outage);
    }

    private long deadlines(Collection<UUID> ids) {
        return sql.one(Long.class, "SELECT count(deadline_at) FROM saga_tick WHERE saga_id = ANY (?)", (Object)
                ids.toArray(UUID[]::new));
    }

    /** Installations at a site without workers, and an upgrade of each. */
    private void fleet(String site, int size) {
        topics.require(site);
        List<String> names = new ArrayList<>();
        Map<String, UUID> ids = new LinkedHashMap<>();
        database.useTransaction(() -> {
            for (int i = 0; i < size; i++) {
                String name = site + "-" + i;
                InstallationSpec spec = new InstallationSpec(
                        UUID.randomUUID(),
                        name,
                        "metabase",
                        site,
                        List.of(new NodeSpec.JarProcess(
                                "node-1",
                                NodeSpec.LOCAL,
                                "/srv/" + name,
                                "metabase.jar",
                                URI.create("http://127.0.0.1:3000"))),
                        new DatabaseSpec.H2(NodeSpec.LOCAL, "/srv/" + name + "/metabase.db.mv.db", null, null));
                names.add(name);
                ids.put(name, spec.id());
                Fleet.insert(sql, spec, spec.databaseIdentity());
            }
        });
        Fleet.answer(Fleet.post("/api/v1/upgrades", Map.of("installations", names, "version", "v0.51.2")))
                .accepted()
                .forEach(accepted ->
                        sagas.put(accepted.upgradeId(), Objects.requireNonNull(ids.get(accepted.installation()))));
    }
}
