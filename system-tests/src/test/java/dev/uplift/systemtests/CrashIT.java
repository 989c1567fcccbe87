/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.standin.RowCheck;
import dev.uplift.standin.RowWriter;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInServer;
import dev.uplift.systemtests.CrashRuns.Course;
import dev.uplift.systemtests.CrashRuns.Kill;
import dev.uplift.systemtests.CrashRuns.Run;
import dev.uplift.systemtests.Dashboard.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * kill -9 of each service before and after each of its effects, on the way forward and on the way back. A run is one
 * upgrade, with at most one kill of each service in it; each kill must have happened, and each run must end in a
 * state of oracle I1, with I2 to I5. The table of all kills is printed at the end.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CrashIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);
    private static final String OLD_MAJOR = "v0.50.";
    private static final String FAILING = "v0.51.1";

    private static final Product PRODUCT = Product.shared();
    private static final Map<Course, Map<Store, Dashboard>> DASHBOARDS = new EnumMap<>(Course.class);
    private static final List<String> TABLE = new ArrayList<>();
    private static final Set<String> INSTALLATIONS = new HashSet<>();

    /** No other test of this product fetches these. */
    private static int release = 100;

    @Order(1)
    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.uplift.systemtests.CrashRuns#everyNth")
    void aRunWithKillsEndsWell(Run run) throws Exception {
        Dashboard dashboard = dashboard(run.course(), run.store());
        String origin = dashboard.version();
        boolean back = run.course() == Course.BACK || run.course() == Course.DOWN;
        String target = back ? FAILING : OLD_MAJOR + ++release;
        Instant begun = Instant.now();
        try (RowWriter writer = dashboard.write("writer-" + UUID.randomUUID())) {
            Effects.forget(PRODUCT);
            run.kills().forEach(kill -> PRODUCT.arm(kill.service(), kill.point() + ":" + kill.occurrence()));
            UpgradeStatus ended = dashboard.awaitEnd(begin(request(run, dashboard, target)), END_MAX);
            List<Kill> missed = run.kills().stream()
                    .filter(kill -> !PRODUCT.killed(kill.service()))
                    .toList();
            for (Kill kill : run.kills()) {
                TABLE.add(String.format(
                        "%-46s %-7s  %-10s  %-11s  %-11s  %d s",
                        kill,
                        run.course(),
                        run.store(),
                        missed.contains(kill) ? "NOT REACHED" : "killed",
                        ended.state(),
                        Duration.between(begun, Instant.now()).toSeconds()));
            }

            assertThat(ended.state()).as("%s", ended).isEqualTo(back ? State.ROLLED_BACK : State.COMPLETED);
            String expected = ended.state() == State.COMPLETED ? target : origin;
            Awaitility.await(dashboard.name() + " to run " + expected)
                    .atMost(Duration.ofSeconds(30))
                    .until(dashboard::version, expected::equals);
            assertThat(missed).as("kills that did not happen").isEmpty();
            RowCheck rows = dashboard.check(writer);
            assertThat(rows.lostCount()).as("%s", rows).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            assertThat(starts(dashboard, begun, origin)).isLessThanOrEqualTo(1);
            assertThat(starts(dashboard, begun, target)).isLessThanOrEqualTo(1);
            assertTheBackupIsWhatTheStartsFound(run, ended, dashboard, begun);
            Effects.assertNoneWasTakenTwice(PRODUCT);
        } finally {
            CrashRuns.SERVICES.forEach(PRODUCT::disarm);
            if (run.course() == Course.FIRST) {
                dashboard.close();
            }
        }
    }

    /** A version that is to be migrated down has to serve, and then to fail, before it is committed. */
    private static UpgradeRequested request(Run run, Dashboard dashboard, String target) {
        return run.course() == Course.DOWN
                ? Dashboard.request(PRODUCT, dashboard.name(), target, Dashboard.DOWN_LIMITS)
                : dashboard.request(target);
    }

    /**
     * I3: what the new version's first start found, and after a restore the old one's, is what the backup holds. What was
     * migrated down holds more.
     */
    private static void assertTheBackupIsWhatTheStartsFound(
            Run run, UpgradeStatus ended, Dashboard dashboard, Instant since) throws Exception {
        List<String> found = ledger(dashboard, since, "found")
                .map(StandInLedger.Entry::detail)
                .toList();
        String stored = StoredBackup.of(PRODUCT, ended).rows(run.store());
        switch (run.course()) {
            case FIRST, FORWARD -> assertThat(found).containsExactly(stored);
            case BACK -> assertThat(found).containsExactly(stored, stored);
            case DOWN -> {
                assertThat(found).hasSize(2);
                assertThat(found.getFirst()).isEqualTo(stored);
                assertThat(found.getLast()).isNotEqualTo(stored);
            }
        }
    }

    /** I4: no command about an installation of this class has a lower epoch than one before it. */
    @Order(2)
    @Test
    void epochsNeverDecrease() throws IOException {
        Effects.assertEpochsNeverDecrease(PRODUCT, INSTALLATIONS);
    }

    @AfterAll
    static void report() {
        System.out.println("\nkill -9: " + TABLE.size() + " kills\n" + String.join("\n", TABLE));
        DASHBOARDS.values().forEach(byStore -> byStore.values().forEach(Dashboard::close));
    }

    private static Dashboard dashboard(Course course, Store store) {
        if (course == Course.FIRST) {
            return start("first-" + release, store, UnaryOperator.identity());
        }
        return DASHBOARDS
                .computeIfAbsent(course, key -> new EnumMap<>(Store.class))
                .computeIfAbsent(store, key -> upgradedTwice(course, store));
    }

    /** With releases to take away, and one that was adopted. */
    private static Dashboard upgradedTwice(Course course, Store store) {
        Dashboard dashboard = start(course + "-" + store, store, launch -> switch (course) {
            case FIRST, FORWARD -> launch;
            case BACK -> launch.faults("migration-fails@51");
            case DOWN -> launch.faults("crash-after-healthy@51");
        });
        for (int upgrade = 1; upgrade <= 2; upgrade++) {
            assertThat(dashboard.upgrade(OLD_MAJOR + ++release, END_MAX).state())
                    .isEqualTo(State.COMPLETED);
        }
        return dashboard;
    }

    private static Dashboard start(String name, Store store, UnaryOperator<StandInServer.Launch> launch) {
        Dashboard dashboard = Dashboard.start(
                PRODUCT, ("crash-" + name).toLowerCase(Locale.ROOT), store, OLD_MAJOR + release, launch);
        INSTALLATIONS.add(dashboard.id().toString());
        return dashboard;
    }

    /** The orchestrator may die while it takes the request: the same request is sent until it is answered. */
    private static UUID begin(UpgradeRequested request) {
        AcceptedSagas sagas = Awaitility.await("the request to be taken")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptionsMatching(e -> e instanceof UncheckedIOException || e instanceof IllegalStateException)
                .until(() -> PRODUCT.rest().upgrade(request), answer -> true);
        assertThat(sagas.refused()).isEmpty();
        return sagas.accepted().getFirst().upgradeId();
    }

    private static long starts(Dashboard dashboard, Instant since, String version) {
        return ledger(dashboard, since, "start")
                .filter(entry -> entry.version().equals(version))
                .count();
    }

    /** Of the application itself: its commands write down the same. */
    private static Stream<StandInLedger.Entry> ledger(Dashboard dashboard, Instant since, String event) {
        StandInLedger ledger = StandInLedger.read(dashboard.server().ledger());
        Set<Long> commands =
                ledger.of("command").stream().map(StandInLedger.Entry::pid).collect(Collectors.toSet());
        return ledger.of(event).stream().filter(entry -> entry.at().isAfter(since) && !commands.contains(entry.pid()));
    }
}
