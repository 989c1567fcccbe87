/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Incident;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.StandInReleases.StandInRelease;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A trigger that cannot be taken is kept and shown, and does not stop the next one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BadTriggerIT {
    private static final String NAME = "bad-trigger";

    private final Product product = Product.shared();
    private final Bystander bystander = Bystander.start(product, NAME);
    private final Cli uplift = Cli.of(product);
    private final Wire wire = new Wire(product);

    @AfterAll
    void close() {
        wire.close();
        bystander.dashboard().close();
    }

    @BeforeEach
    void look() {
        bystander.look();
    }

    @AfterEach
    void theApplicationHasNotNoticed() {
        bystander.requireUntouched();
    }

    Stream<Arguments> triggers() {
        String good = Bystander.upgrade(NAME, "v0.51.1", "");
        return Stream.of(
                Arguments.of("no headers", Map.of(), NAME, good, "ce_", true),
                Arguments.of(
                        "an unknown type", headers("rollout.requested", NAME), NAME, good, "unknown message", true),
                Arguments.of("no trigger", headers("step.succeeded", NAME), NAME, good, "", true),
                Arguments.of("no JSON", headers("upgrade.requested", NAME), NAME, "upgrade it", "not a valid", true),
                Arguments.of("no version", headers("upgrade.requested", NAME), NAME, "{}", "not a valid", true),
                Arguments.of("another key", headers("upgrade.requested", NAME), "other", good, "key", true),
                Arguments.of(
                        "an unknown installation",
                        headers("upgrade.requested", "nobody"),
                        "nobody",
                        Bystander.upgrade("nobody", "v0.51.1", ""),
                        "nobody: no installation",
                        false),
                Arguments.of(
                        "a lower major",
                        headers("upgrade.requested", NAME),
                        NAME,
                        Bystander.upgrade(NAME, "v0.49.1", ""),
                        NAME + ": v0.49.1",
                        false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("triggers")
    @Order(1)
    void aTriggerThatCannotBeTakenIsSeen(
            String what, Map<String, String> headers, String key, String body, String reason, boolean dead) {
        long sagas = bystander.sagas();

        String place = wire.send(Topics.TRIGGERS, key, body.getBytes(StandardCharsets.UTF_8), headers);

        Incident incident = bystander.awaitIncident(place, reason);
        wire.awaitTaken();
        assertThat(uplift.run("status", "--limit", "500").out()).contains(place).contains(incident.problem());
        assertThat(deadLetters(place)).as(what).isEqualTo(dead ? 1 : 0);
        assertThat(bystander.sagas()).isEqualTo(sagas);
    }

    @Test
    @Order(2)
    void theNextGoodTriggerStillWorks() {
        StandInRelease target = Dashboard.release(product, "v0.50.9");
        wire.trigger(bystander.request("v0.50.9", product.download(target.jar()), target.sha256()));

        UpgradeStatus begun = Awaitility.await("the upgrade")
                .atMost(Bystander.SEEN_MAX)
                .until(
                        () -> product.rest().upgrades(NAME).content().stream()
                                .filter(upgrade -> upgrade.to().version().equals("v0.50.9"))
                                .toList(),
                        found -> !found.isEmpty())
                .getFirst();
        UpgradeStatus ended = bystander.dashboard().awaitEnd(begun.id(), Bystander.END_MAX);
        assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
        assertThat(bystander.dashboard().version()).isEqualTo("v0.50.9");
        bystander.look();
    }

    private long deadLetters(String place) {
        return wire.read(List.of(Topics.deadLetters(Topics.TRIGGERS))).stream()
                .filter(record -> place.equals(
                        Topics.TRIGGERS + "/" + header(record, "dlq_partition") + "/" + header(record, "dlq_offset")))
                .count();
    }

    private static String header(org.apache.kafka.clients.consumer.ConsumerRecord<byte[], byte[]> record, String name) {
        var header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static Map<String, String> headers(String type, String subject) {
        return Map.of(
                "ce_specversion",
                "1.0",
                "ce_id",
                UUID.randomUUID().toString(),
                "ce_type",
                type,
                "ce_source",
                "/ci",
                "ce_subject",
                subject,
                "content-type",
                "application/json");
    }
}
