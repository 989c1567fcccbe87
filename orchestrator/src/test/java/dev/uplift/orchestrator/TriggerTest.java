/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.CommandRefused;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.contract.WireCodec;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What comes in on the topics from outside. */
@QuarkusTest
@QuarkusTestResource(Backends.class)
class TriggerTest {
    private static final URI SOURCE = URI.create("/ci");

    private final ScriptedWorker worker = ScriptedWorker.shared();

    @Test
    void oneEventUpgradesSeveralInstallationsAndACopyOfItNothing() {
        Fleet.ready("fleet-a");
        Fleet.ready("fleet-b");
        UUID requestId = UUID.randomUUID();

        request(requestId, "v0.51.2", "fleet-a", "fleet-b", "fleet-unknown");
        request(requestId, "v0.51.2", "fleet-a", "fleet-b", "fleet-unknown");

        awaitCompleted("fleet-a");
        awaitCompleted("fleet-b");
        awaitIncident("fleet-unknown: no installation has this name or id");
        assertThat(upgrades("fleet-a")).hasSize(1);
        assertThat(worker.steps("fleet-a")).hasSize(11).doesNotHaveDuplicates();
    }

    @Test
    void lowerMajorIsRefusedAndSeen() {
        Fleet.ready("downgraded");

        request(UUID.randomUUID(), "v0.49.1", "downgraded");

        awaitIncident("downgraded: v0.49.1 is of a lower major");
        assertThat(upgrades("downgraded")).isEmpty();
    }

    @Test
    void malformedTriggerIsDeadLetteredAndSeen() {
        String mark = UUID.randomUUID().toString();

        worker.send(new ProducerRecord<>(Topics.TRIGGERS, mark, "{nonsense".getBytes(StandardCharsets.UTF_8)));

        awaitDeadLetter(Topics.TRIGGERS, mark);
        awaitIncident("ce_specversion");
    }

    /** Whoever sends triggers chooses the codec, and workers may be configured to. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void whatIsCompressedIsRead(CompressionType codec) throws Exception {
        String mark = codec + "-" + UUID.randomUUID();
        Message trigger = message(
                MessageType.UPGRADE_REQUESTED,
                "fleet",
                new UpgradeRequested(null, "metabase", List.of(mark), "v0.51.2", null, null, null, null));
        Message result = message(
                MessageType.COMMAND_REFUSED,
                mark,
                new CommandRefused(mark, "compressed, ".repeat(50) + "and answered with " + codec));

        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        ConfigProvider.getConfig().getValue("uplift.kafka.bootstrap-servers", String.class),
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        codec.name),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(WireCodec.encode(Topics.TRIGGERS, trigger)).get();
            producer.send(WireCodec.encode(Topics.results(ServiceName.SWAP), result))
                    .get();
            assertThat(producer.metrics().values())
                    .filteredOn(metric -> metric.metricName().name().equals("compression-rate")
                            && Topics.results(ServiceName.SWAP)
                                    .equals(metric.metricName().tags().get("topic")))
                    .singleElement()
                    .satisfies(
                            metric -> assertThat((double) metric.metricValue()).isBetween(0.01, 0.99));
        }

        awaitIncident(mark + ": no installation has this name or id");
        awaitIncident("and answered with " + codec);
    }

    private static Message message(String type, String key, Object body) {
        return new Message(UUID.randomUUID(), type, SOURCE, key, Instant.now(), null, body);
    }

    @Test
    void resultThatIsNoTriggerIsDeadLettered() {
        String mark = UUID.randomUUID().toString();

        worker.send(
                Topics.TRIGGERS,
                new Message(
                        UUID.randomUUID(),
                        MessageType.UPGRADE_TRANSITIONED,
                        SOURCE,
                        mark,
                        Instant.now(),
                        null,
                        new UpgradeTransitioned(
                                UUID.randomUUID(),
                                UUID.fromString(mark),
                                "x",
                                1,
                                "begun",
                                UpgradeStatus.State.RUNNING,
                                null,
                                null,
                                Instant.now())));

        awaitDeadLetter(Topics.TRIGGERS, mark);
        awaitIncident("no trigger: upgrade.transitioned");
    }

    @Test
    void forgedResultChangesNothingAndIsSeen() {
        Fleet.ready("honest");
        worker.script("honest", command -> new ScriptedWorker.Reply.Silence());
        UUID upgrade = Fleet.upgrade("honest");
        StepCommand command = worker.await("honest", StepName.PREFLIGHT);
        UpgradeStatus before = Fleet.status(upgrade);
        UUID other = UUID.randomUUID();

        StepResult honest = ScriptedWorker.success(command);
        StepResult.Succeeded forged = new StepResult.Succeeded(
                honest.sagaId(),
                other,
                honest.stepIndex(),
                honest.direction(),
                honest.attempt(),
                ((StepResult.Succeeded) honest).output());
        worker.send(
                Topics.results(command.step().service()),
                new Message(
                        UUID.randomUUID(),
                        MessageType.STEP_SUCCEEDED,
                        SOURCE,
                        other.toString(),
                        Instant.now(),
                        null,
                        forged));
        worker.send(
                Topics.results(ServiceName.BACKUP),
                new Message(
                        UUID.randomUUID(),
                        MessageType.STEP_SUCCEEDED,
                        SOURCE,
                        command.installation().id().toString(),
                        Instant.now(),
                        null,
                        honest));

        awaitIncident("names another installation than its upgrade");
        awaitIncident("is not taken by the backup service");
        assertThat(Fleet.status(upgrade)).isEqualTo(before);
        Fleet.post("/api/v1/upgrades/" + upgrade + "/cancel");
        Fleet.await(upgrade, UpgradeStatus.State.ROLLED_BACK);
    }

    @Test
    void aCommandThatAWorkerRefusedIsOneIncidentHoweverManyCopiesCome() {
        String source = "uplift.commands.swap.default/0/" + System.nanoTime();
        Message refused = new Message(
                UUID.randomUUID(),
                MessageType.COMMAND_REFUSED,
                SOURCE,
                source,
                Instant.now(),
                null,
                new CommandRefused(source, "the body is not a valid swap.stop"));
        worker.send(Topics.results(ServiceName.SWAP), refused);
        worker.send(Topics.results(ServiceName.SWAP), refused);
        String last = source + "1";
        worker.send(
                Topics.results(ServiceName.SWAP),
                new Message(
                        UUID.randomUUID(),
                        MessageType.COMMAND_REFUSED,
                        SOURCE,
                        last,
                        Instant.now(),
                        null,
                        new CommandRefused(last, "it comes after the copies")));

        awaitIncident("it comes after the copies");
        assertThat(Fleet.get("/api/v1/incidents?limit=500").jsonPath().getList("content.source"))
                .containsOnlyOnce(source);
    }

    private void request(UUID requestId, String version, String... installations) {
        worker.send(
                Topics.TRIGGERS,
                new Message(
                        UUID.randomUUID(),
                        MessageType.UPGRADE_REQUESTED,
                        SOURCE,
                        "fleet",
                        Instant.now(),
                        null,
                        new UpgradeRequested(
                                requestId, "metabase", List.of(installations), version, null, null, null, null)));
    }

    private static void awaitCompleted(String installation) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() -> upgrades(installation).equals(List.of("COMPLETED")));
    }

    private static List<String> upgrades(String installation) {
        return Fleet.get("/api/v1/upgrades?installation=" + installation)
                .jsonPath()
                .getList("content.state");
    }

    private static void awaitIncident(String part) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(Fleet.get("/api/v1/incidents?limit=500")
                                .jsonPath()
                                .<String>getList("content.problem"))
                        .anyMatch(problem -> problem.contains(part)));
    }

    private static void awaitDeadLetter(String topic, String key) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .until(() ->
                        !TopicReader.records(Topics.deadLetters(topic), key).isEmpty());
    }
}
