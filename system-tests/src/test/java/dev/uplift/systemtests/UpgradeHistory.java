/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Json;
import dev.uplift.contract.MalformedMessageException;
import dev.uplift.contract.Message;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.contract.UpgradeTransitioned;
import dev.uplift.contract.WireCodec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What is written and was said of upgrades that have ended. A relay that died publishes again, with the same id: such a copy
 * counts as the message that it copies.
 */
final class UpgradeHistory {
    private final Map<UUID, List<UpgradeTransitioned>> written;

    /** @param orchestrator its database */
    UpgradeHistory(Connection orchestrator) throws SQLException, IOException {
        this.written = written(orchestrator);
    }

    /** No transition of it was written twice, or behind a later one. */
    void assertOnceAndInOrder(UpgradeStatus status) {
        assertThat(written.get(status.id()))
                .as("written of %s", status)
                .extracting(UpgradeTransitioned::rev)
                .isSorted()
                .doesNotHaveDuplicates()
                .endsWith(status.rev());
        assertThat(written.get(status.id()))
                .as("written of %s", status)
                .extracting(transition -> transition.event() + " " + transition.step())
                .startsWith("begun PREFLIGHT")
                .doesNotHaveDuplicates();
    }

    /** It went through all of its steps, one after the other, and nothing else happened to it. */
    void assertStraightToItsEnd(UpgradeStatus status) {
        assertOnceAndInOrder(status);
        assertThat(written.get(status.id()))
                .as("written of %s", status)
                .extracting(transition -> transition.event() + " " + transition.step())
                .containsExactlyElementsOf(Stream.concat(
                                Stream.of("begun PREFLIGHT"),
                                status.steps().stream().map(StepStatus::step).map(step -> "succeeded " + step))
                        .toList());
    }

    /** All was told on the topic as it is written, and nothing else. */
    void assertTold(Wire wire, Set<UUID> upgrades) throws MalformedMessageException {
        Map<UUID, List<UpgradeTransitioned>> told = new HashMap<>();
        Set<UUID> messages = new HashSet<>();
        for (ConsumerRecord<byte[], byte[]> record : wire.read(List.of(Topics.EVENTS))) {
            Message message = decode(record);
            if (message.body() instanceof UpgradeTransitioned transition && messages.add(message.id())) {
                told.computeIfAbsent(transition.upgradeId(), _ -> new ArrayList<>())
                        .add(transition);
            }
        }
        for (UUID upgrade : upgrades) {
            assertThat(told.get(upgrade)).as("told of %s", upgrade).isEqualTo(written.get(upgrade));
        }
    }

    /** Each step of each upgrade was commanded once, at the first attempt, and each worker was told them in order. */
    static void assertCommandedOnceAndInOrder(Wire wire, Map<UUID, UpgradeStatus> ended)
            throws MalformedMessageException {
        Map<UUID, Set<StepCommand>> sent = new HashMap<>();
        for (ServiceName service : ServiceName.values()) {
            Map<UUID, Integer> last = new HashMap<>();
            for (ConsumerRecord<byte[], byte[]> record :
                    wire.read(List.of(Topics.commands(service, Topics.DEFAULT_SITE)))) {
                if (!Poison.is(record)
                        && decode(record).body() instanceof StepCommand command
                        && ended.containsKey(command.sagaId())
                        && sent.computeIfAbsent(command.sagaId(), _ -> new HashSet<>())
                                .add(command)) {
                    assertThat(command.stepIndex())
                            .as("%s", command)
                            .isGreaterThan(last.getOrDefault(command.sagaId(), -1));
                    last.put(command.sagaId(), command.stepIndex());
                }
            }
        }
        ended.forEach((upgrade, status) -> assertThat(sent.get(upgrade))
                .as("commands of %s", status)
                .hasSize(status.steps().size())
                .allMatch(command -> command.attempt() == 1 && command.epoch() == status.epoch()));
    }

    private static Map<UUID, List<UpgradeTransitioned>> written(Connection orchestrator)
            throws SQLException, IOException {
        Map<UUID, List<UpgradeTransitioned>> written = new HashMap<>();
        try (Statement statement = orchestrator.createStatement();
                ResultSet rows = statement.executeQuery("SELECT body FROM transition_log ORDER BY seq")) {
            while (rows.next()) {
                UpgradeTransitioned transition = Json.mapper().readValue(rows.getString(1), UpgradeTransitioned.class);
                written.computeIfAbsent(transition.upgradeId(), _ -> new ArrayList<>())
                        .add(transition);
            }
        }
        return written;
    }

    private static Message decode(ConsumerRecord<byte[], byte[]> record) throws MalformedMessageException {
        return WireCodec.decode(new ConsumerRecord<>(
                record.topic(),
                record.partition(),
                record.offset(),
                record.timestamp(),
                record.timestampType(),
                record.serializedKeySize(),
                record.serializedValueSize(),
                new String(record.key(), StandardCharsets.UTF_8),
                record.value(),
                record.headers(),
                record.leaderEpoch()));
    }
}
