/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.uplift.contract.Artifact;
import dev.uplift.contract.Direction;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Json;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.contract.api.Page;
import dev.uplift.messaging.testing.EarlierDatabase;
import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.orchestrator.saga.SagaPlan;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** On the database that an earlier release has left in the middle of upgrades, and a Kafka that knows nothing of them. */
@QuarkusTest
@QuarkusTestResource(value = EarlierReleaseTest.Left.class, restrictToAnnotatedClass = true)
class EarlierReleaseTest {
    @Inject
    @ConfigProperty(name = "uplift.kafka.bootstrap-servers")
    String bootstrapServers;

    /** What it has left. */
    public static final class Left implements QuarkusTestResourceLifecycleManager {
        private @Nullable KafkaBroker broker;

        @Override
        public Map<String, String> start() {
            broker = KafkaBroker.start();
            Map<String, String> settings = new HashMap<>(new Backends().start());
            settings.put("uplift.database.url", EarlierDatabase.url("/earlier/orchestrator.sql"));
            settings.put("uplift.kafka.bootstrap-servers", broker.bootstrapServers());
            return settings;
        }

        @Override
        public void stop() {
            if (broker != null) {
                broker.close();
            }
        }
    }

    @Test
    void whatHadEndedIsReadAsItWas() throws IOException {
        UpgradeStatus done = latest("done");
        assertThat(done.state()).isEqualTo(State.COMPLETED);
        assertThat(done.from().version()).isEqualTo("v0.50.3");
        assertThat(done.to().version()).isEqualTo("v0.51.1");
        assertThat(done.steps()).hasSize(11).extracting(StepStatus::state).containsOnly(StepState.DONE);
        assertThat(done.backup()).isNotNull();
        assertThat(Fleet.installation("done").running())
                .isEqualTo(new Release("v0.51.1", "oss", done.to().sha256(), null));
        assertThat(Fleet.installation("refused").state()).isEqualTo(InstallationStatus.State.REFUSED);
        assertThat(Fleet.get("/api/v1/backups?installation=done").jsonPath().getList("content.backup.id"))
                .containsExactly(Objects.requireNonNull(done.backup()).id().toString());
        assertThat(Fleet.get("/api/v1/hosts").jsonPath().getList("content.host.name"))
                .containsExactly("web1");
        assertThat(Fleet.get("/api/v1/incidents").jsonPath().getList("content.source"))
                .contains("registration of refused");
    }

    @Test
    void whatWasUnderWayGoesOnWithItsAnswersAndDoesNothingTwice() throws IOException {
        ScriptedWorker worker = new ScriptedWorker(bootstrapServers);
        Map<String, UpgradeStatus> left = new HashMap<>();
        for (String name : List.of("fetching", "starting", "returning", "soaking", "late")) {
            left.put(name, latest(name));
        }

        answer(
                worker,
                left.get("fetching"),
                StepName.FETCH,
                Direction.DO,
                new StepOutput.ArtifactsFetched(List.of(new Artifact(
                        ScriptedWorker.NEW_SHA256, 100, "v0.51.2", "oss", URI.create("http://127.0.0.1/a/x"), true))));
        answer(
                worker,
                left.get("starting"),
                StepName.START,
                Direction.DO,
                new StepOutput.Serving("v0.51.1", Instant.now()));
        answer(worker, left.get("returning"), StepName.BACKUP, Direction.UNDO, new StepOutput.Nothing());
        answer(worker, left.get("soaking"), StepName.SOAK, Direction.DO, new StepOutput.Nothing());

        left.forEach((name, status) ->
                Fleet.await(status.id(), name.equals("returning") ? State.ROLLED_BACK : State.COMPLETED));
        assertThat(worker.steps("fetching"))
                .containsExactly("STAGE", "STOP", "BACKUP", "SWITCH", "START", "SCALE", "SOAK", "COMMIT");
        assertThat(worker.steps("starting")).containsExactly("SCALE", "SOAK", "COMMIT");
        assertThat(worker.steps("returning")).containsExactly("-STOP", "-STAGE");
        assertThat(worker.steps("soaking")).containsExactly("COMMIT");
        assertThat(worker.steps("late"))
                .startsWith("PREFLIGHT", "PREFLIGHT_DATABASE")
                .hasSize(11);
    }

    /** Sends what the step's worker found out, as the answer to its command in flight. */
    private static void answer(
            ScriptedWorker worker,
            @Nullable UpgradeStatus status,
            StepName step,
            Direction direction,
            StepOutput output) {
        UpgradeStatus upgrade = Objects.requireNonNull(status);
        int index = SagaPlan.UPGRADE.steps().indexOf(step);
        StepStatus flight = upgrade.steps().get(index);
        assertThat(flight.state()).isEqualTo(direction == Direction.DO ? StepState.RUNNING : StepState.UNDOING);
        worker.send(
                Topics.results(step.service()),
                new Message(
                        UUID.randomUUID(),
                        MessageType.STEP_SUCCEEDED,
                        URI.create("/test"),
                        upgrade.installationId().toString(),
                        Instant.now(),
                        null,
                        new StepResult.Succeeded(
                                upgrade.id(), upgrade.installationId(), index, direction, flight.attempt(), output)));
    }

    private static UpgradeStatus latest(String installation) throws IOException {
        Page<UpgradeStatus> upgrades = Json.mapper()
                .readValue(
                        Fleet.get("/api/v1/upgrades?installation=" + installation)
                                .asString(),
                        new TypeReference<>() {});
        return upgrades.content().getFirst();
    }
}
