/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInServer;
import dev.uplift.systemtests.Dashboard.Store;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Messages that come twice, in another order or late change nothing: with real records on the real topics. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplayIT {
    private static final Duration END_MAX = Duration.ofMinutes(4);
    private static final int COPIES = 2;

    private static final List<String> ORCHESTRATOR_TABLES =
            List.of("installation", "saga", "transition_log", "backup", "request", "incident");

    private final long seed = Long.getLong("uplift.test.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Product product = Product.shared();
    private final Wire wire = new Wire(product);
    private Dashboard good;
    private Dashboard broken;
    private RowWriter.Written goodRows;

    @BeforeAll
    void upgradeOneAndRollOneBack() {
        System.out.println("ReplayIT: -Duplift.test.seed=" + seed);
        good = Dashboard.start(product, "replay-good", Store.POSTGRESQL, "v0.50.3", UnaryOperator.identity());
        broken = Dashboard.start(
                product, "replay-broken", Store.POSTGRESQL, "v0.50.3", launch -> launch.faults("migration-fails@51"));
        RowWriter writer = good.write();
        wire.trigger(good.request("v0.51.1"));
        wire.trigger(broken.request("v0.51.1"));
        assertThat(good.awaitEnd(latest(good), END_MAX).state()).isEqualTo(State.COMPLETED);
        assertThat(broken.awaitEnd(latest(broken), END_MAX).state()).isEqualTo(State.ROLLED_BACK);
        Awaitility.await("rows after the outage")
                .atMost(Duration.ofSeconds(60))
                .until(() -> good.server().healthy() && !writer.failing());
        goodRows = writer.stop();
    }

    @AfterAll
    void close() {
        good.close();
        broken.close();
        wire.close();
    }

    @Test
    void duplicatesInAnyOrderChangeNothing() throws SQLException {
        wire.awaitTaken();
        Evidence before = evidence();
        List<ConsumerRecord<byte[], byte[]>> records = ours();
        assertThat(records.stream().map(ConsumerRecord::topic).collect(Collectors.toSet()))
                .isEqualTo(wire.working());
        assertThat(types(records))
                .contains("upgrade.requested", "swap.inspect", "swap.start", "backup.restore", "step.failed");

        for (int copy = 1; copy <= COPIES; copy++) {
            Collections.shuffle(records, random);
            records.forEach(wire::publishAgain);
            wire.awaitTaken();
        }

        System.out.println("ReplayIT: " + records.size() + " records published " + COPIES + " times more");
        assertThat(ours().size()).isGreaterThanOrEqualTo(records.size() * (1 + COPIES));
        assertThat(evidence()).isEqualTo(before);
        assertThat(RowCheck.of(good.server().uri(), goodRows).lostCount()).isZero();
    }

    @Test
    void duplicatesAndLateResultsDoNotDisturbARunningUpgrade() throws SQLException {
        RowWriter writer = good.write("replay-live");
        int goodStarts = serves(good);
        int brokenStarts = serves(broken);
        UUID forward = good.beginUpgrade("v0.51.4");
        UUID back = broken.beginUpgrade("v0.51.4");

        Map<String, Integer> copies = new HashMap<>();
        Instant end = Instant.now().plus(END_MAX);
        while (!ended(forward) || !ended(back)) {
            assertThat(Instant.now()).as("both have ended").isBefore(end);
            List<ConsumerRecord<byte[], byte[]>> records = ours();
            Collections.shuffle(records, random);
            records.stream()
                    .filter(record -> copies.merge(identity(record), 1, Integer::sum) <= COPIES)
                    .forEach(wire::publishAgain);
            wire.flush();
        }
        wire.awaitTaken();

        assertThat(copies.size()).isGreaterThan(40);
        UpgradeStatus completed = product.rest().upgrade(forward);
        UpgradeStatus rolledBack = product.rest().upgrade(back);
        assertThat(completed.state()).as("%s", completed).isEqualTo(State.COMPLETED);
        assertThat(rolledBack.state()).as("%s", rolledBack).isEqualTo(State.ROLLED_BACK);
        assertThat(good.version()).isEqualTo("v0.51.4");
        assertThat(broken.version()).isEqualTo("v0.50.3");
        assertThat(good.check(writer).lostCount()).isZero();
        assertThat(good.overlaps()).isEmpty();
        assertThat(broken.overlaps()).isEmpty();
        assertThat(serves(good)).as("starts that came to serve").isEqualTo(goodStarts + 1);
        assertThat(serves(broken)).as("starts that came to serve").isEqualTo(brokenStarts + 1);
        assertThat(StandInServer.runningIn(good.server().directory())).hasSize(1);
        assertThat(StandInServer.runningIn(broken.server().directory())).hasSize(1);
    }

    /** All that must stay as it is. */
    private record Evidence(
            Tables orchestrator,
            Map<String, Tables> work,
            List<StandInLedger.Entry> ledgers,
            List<Long> pids,
            Map<String, Tables> databases,
            int deadLetters,
            List<String> statuses) {}

    private Evidence evidence() throws SQLException {
        List<StandInLedger.Entry> ledgers = new ArrayList<>();
        List<Long> pids = new ArrayList<>();
        Map<String, Tables> databases = new HashMap<>();
        for (Dashboard dashboard : List.of(good, broken)) {
            ledgers.addAll(StandInLedger.read(dashboard.server().ledger()).entries());
            StandInServer.runningIn(dashboard.server().directory()).forEach(running -> pids.add(running.pid()));
            try (Connection database = product.database(dashboard.name())) {
                databases.put(dashboard.name(), Tables.of(database));
            }
        }
        Map<String, Tables> work = new HashMap<>();
        for (String service : List.of("artifact", "backup", "swap")) {
            try (Connection database = product.database(service)) {
                work.put(service, Tables.of(database, List.of("work")));
            }
        }
        try (Connection database = product.database("orchestrator")) {
            return new Evidence(
                    Tables.of(database, ORCHESTRATOR_TABLES),
                    work,
                    ledgers,
                    pids,
                    databases,
                    wire.read(wire.all().stream()
                                    .filter(topic -> topic.endsWith(".dlq"))
                                    .toList())
                            .size(),
                    wire.read(List.of(Topics.STATUS_UPGRADES, Topics.STATUS_INSTALLATIONS, Topics.EVENTS)).stream()
                            .map(record -> record.topic() + "/" + record.partition() + "/" + record.offset())
                            .sorted()
                            .toList());
        }
    }

    /** What lies on the topics about the two; other tests leave malformed records there, which are refused each time. */
    private List<ConsumerRecord<byte[], byte[]>> ours() {
        Set<String> keys = Set.of(
                good.name(), broken.name(), good.id().toString(), broken.id().toString());
        return wire.read(wire.working()).stream()
                .filter(record -> keys.contains(new String(record.key(), StandardCharsets.UTF_8)))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private boolean ended(UUID upgrade) {
        State state = product.rest().upgrade(upgrade).state();
        return state.isFinal() || state == State.PARKED;
    }

    private UUID latest(Dashboard dashboard) {
        return Awaitility.await("the trigger to begin an upgrade of " + dashboard.name())
                .atMost(Duration.ofSeconds(30))
                .until(() -> product.rest().upgrades(dashboard.name()).content(), found -> !found.isEmpty())
                .getFirst()
                .id();
    }

    private static int serves(Dashboard dashboard) {
        return StandInLedger.read(dashboard.server().ledger()).of("serving").size();
    }

    private static List<String> types(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> header(record, "ce_type"))
                .distinct()
                .toList();
    }

    private static String identity(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + " " + header(record, "ce_id");
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
