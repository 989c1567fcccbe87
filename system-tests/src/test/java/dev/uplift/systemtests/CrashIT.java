package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.backup.step.Effect;
import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepState;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.swap.SwapEffect;
import dev.uplift.systemtests.Dashboard.Store;
import dev.uplift.testbed.RowCheck;
import dev.uplift.testbed.RowWriter;
import dev.uplift.testbed.StandInLedger;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
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
 * kill -9 of a service before and after each of its effects, on the way forward and on the way back. Each run must end
 * in a state of oracle I1, with I2 to I5. The table of all cells is printed at the end.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CrashIT {
    private static final Duration END_MAX = Duration.ofMinutes(3);
    private static final String OLD_MAJOR = "v0.50.";
    private static final String FAILING = "v0.51.1";

    private static final Set<String> OFF_THE_PATHS = Set.of(
            // Registration, and a launch that has changed since.
            "swap.inspect.launch",
            "swap.preflight.launch",
            // An application that ignores SIGTERM, or still runs when its migration has failed.
            "swap.stop.kill",
            "swap.halt.terminate",
            "swap.halt.kill",
            // More than one node.
            "swap.scale.start",
            "swap.scale.record",
            "swap.scale.serving",
            "swap.unscale.terminate",
            "swap.unscale.kill",
            // A directory that Uplift has not upgraded before; the rollback dashboards are adopted by the first cell.
            "swap.switch.adopt",
            "swap.switch.origin",
            "swap.switch.jar",
            // A restore that an operator asks for.
            "backup.reinstate.clean",
            "backup.reinstate.create",
            "backup.reinstate.load",
            "backup.reinstate.settings",
            "backup.reinstate.keep",
            "backup.reinstate.replace",
            "backup.reinstate.forget",
            // An artifact that is damaged in the store, or a transfer that was cut.
            "artifact.fetch.discard",
            "artifact.fetch.evict");

    private static final Product PRODUCT = Product.shared();
    private static final Map<Path, Map<Store, Dashboard>> DASHBOARDS = new EnumMap<>(Path.class);
    private static final Map<Cell, String> TABLE = new LinkedHashMap<>();
    private static final Set<String> FIRED = new TreeSet<>();
    private static int release = 3;

    /** Where the saga goes. */
    enum Path {
        FORWARD,
        BACK
    }

    /**
     * One kill.
     *
     * @param point effect and moment
     * @param occurrence the how manieth time it is reached, from 1
     */
    record Cell(String service, String point, int occurrence, Path path, Store store) {
        @Override
        public String toString() {
            return String.format("%-16s %-36s #%d  %-7s  %-10s", service, point, occurrence, path, store);
        }
    }

    /** Every ninth cell, or all of them with {@code -Duplift.crash.cells=all}, which takes about half an hour. */
    static Stream<Cell> cells() {
        List<Cell> all = allCells();
        int stride = everyCell() ? 1 : 9;
        return IntStream.range(0, all.size())
                .filter(index -> index % stride == 0)
                .mapToObj(all::get);
    }

    private static boolean everyCell() {
        return "all".equals(System.getProperty("uplift.crash.cells"));
    }

    private static List<Cell> allCells() {
        List<Cell> cells = new ArrayList<>();
        for (String moment : List.of("BEFORE", "AFTER")) {
            for (SwapEffect effect : SwapEffect.values()) {
                if (!offThePaths(effect)) {
                    cells.add(
                            new Cell("swap", effect.wireName() + ":" + moment, 1, pathOf(effect.wireName()), Store.H2));
                }
            }
            for (String effect : Effect.names()) {
                for (Store store :
                        effect.startsWith("backup.take") ? List.of(Store.POSTGRESQL) : List.of(Store.values())) {
                    if (!offThePaths(effect, store)) {
                        cells.add(new Cell("backup", effect + ":" + moment, 1, pathOf(effect), store));
                    }
                }
            }
            for (String effect : FetchEffect.names()) {
                if (!offThePaths(effect, Store.H2)) {
                    cells.add(new Cell("artifact", effect + ":" + moment, 1, Path.FORWARD, Store.H2));
                }
            }
            for (String point : List.of("batch.commit", "offsets.commit", "relay.publish", "relay.delete")) {
                for (String worker : List.of("artifact", "backup", "swap")) {
                    cells.add(new Cell(worker, worker + "." + point + ":" + moment, 1, Path.FORWARD, Store.H2));
                }
                for (int occurrence : new int[] {1, 5, 9}) {
                    cells.add(new Cell(
                            "orchestrator",
                            "orchestrator." + point + ":" + moment,
                            occurrence,
                            Path.FORWARD,
                            Store.H2));
                    cells.add(new Cell(
                            "orchestrator",
                            "orchestrator." + point + ":" + moment,
                            occurrence + 6,
                            Path.BACK,
                            Store.H2));
                }
            }
            for (String worker : List.of("artifact", "backup", "swap")) {
                cells.add(new Cell(worker, worker + ".reply.commit:" + moment, 1, Path.FORWARD, Store.H2));
            }
        }
        return cells;
    }

    @Order(1)
    @ParameterizedTest(name = "{0}")
    @MethodSource("cells")
    void aKillEndsWell(Cell cell) {
        Dashboard dashboard = dashboard(cell.path(), cell.store());
        String origin = dashboard.version();
        String target = cell.path() == Path.BACK ? FAILING : OLD_MAJOR + ++release;
        Instant begun = Instant.now();
        try (RowWriter writer = dashboard.write(cell.service() + TABLE.size())) {
            PRODUCT.arm(cell.service(), cell.point() + ":" + cell.occurrence());
            UpgradeStatus ended = dashboard.awaitEnd(begin(dashboard.request(target)), END_MAX);
            boolean fired = PRODUCT.killed(cell.service());
            PRODUCT.disarm(cell.service());
            TABLE.put(
                    cell,
                    (fired ? "killed" : "not reached") + "  " + ended.state() + "  "
                            + Duration.between(begun, Instant.now()).toSeconds() + " s");
            if (fired) {
                FIRED.add(cell.point());
            }

            assertThat(ended.state().isFinal()).as("%s", ended).isTrue();
            String expected = ended.state() == State.COMPLETED ? target : origin;
            Awaitility.await(dashboard.name() + " to run " + expected)
                    .atMost(Duration.ofSeconds(30))
                    .until(dashboard::version, expected::equals);
            if (cell.path() == Path.BACK) {
                assertThat(ended.state()).isEqualTo(State.ROLLED_BACK);
            }
            RowCheck rows = dashboard.check(writer);
            assertThat(rows.lostCount()).as("%s", rows).isZero();
            assertThat(dashboard.overlaps()).isEmpty();
            assertThat(starts(dashboard, begun, origin)).isLessThanOrEqualTo(1);
            assertThat(starts(dashboard, begun, target)).isLessThanOrEqualTo(1);
            assertThat(ended.steps())
                    .filteredOn(step -> step.step() == StepName.SWITCH && step.state() != StepState.PENDING)
                    .allSatisfy(step -> assertThat(ended.backup()).isNotNull());
        }
    }

    /** All cells together reach every point; of a sample some are for the other database. */
    @Order(2)
    @Test
    void thePointsWereReached() {
        List<String> points = cells().map(Cell::point).distinct().toList();
        if (everyCell()) {
            assertThat(FIRED).containsExactlyInAnyOrderElementsOf(points);
        } else {
            assertThat(FIRED).hasSizeGreaterThan(points.size() * 3 / 4);
        }
    }

    @AfterAll
    static void report() {
        StringBuilder table = new StringBuilder("\nkill -9 cells (" + TABLE.size() + ")\n");
        TABLE.forEach(
                (cell, result) -> table.append(cell).append("  ").append(result).append('\n'));
        System.out.println(table);
        DASHBOARDS.values().forEach(byStore -> byStore.values().forEach(Dashboard::close));
    }

    /** Kills that need what these runs do not do, such as an application that ignores SIGTERM, and more than one node. */
    private static boolean offThePaths(SwapEffect effect) {
        return OFF_THE_PATHS.contains(effect.wireName());
    }

    private static boolean offThePaths(String effect, Store store) {
        return OFF_THE_PATHS.contains(effect) || OFF_THE_PATHS.contains(effect + " " + store);
    }

    private static Path pathOf(String effect) {
        return Stream.of("unstage", "resume", "revert", "halt", "restore").anyMatch(effect::contains)
                ? Path.BACK
                : Path.FORWARD;
    }

    private static Dashboard dashboard(Path path, Store store) {
        return DASHBOARDS
                .computeIfAbsent(path, key -> new EnumMap<>(Store.class))
                .computeIfAbsent(
                        store,
                        key -> Dashboard.start(
                                PRODUCT,
                                ("crash-" + path + "-" + store).toLowerCase(java.util.Locale.ROOT),
                                store,
                                OLD_MAJOR + release,
                                path == Path.BACK
                                        ? launch -> launch.faults("migration-fails@51")
                                        : UnaryOperator.identity()));
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
        return StandInLedger.read(dashboard.server().ledger()).of("start").stream()
                .filter(entry -> entry.at().isAfter(since) && entry.version().equals(version))
                .count();
    }
}
