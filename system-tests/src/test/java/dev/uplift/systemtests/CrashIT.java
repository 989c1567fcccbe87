package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.uplift.artifact.transfer.FetchEffect;
import dev.uplift.backup.step.Effect;
import dev.uplift.contract.Json;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.swap.SwapEffect;
import dev.uplift.systemtests.Dashboard.Store;
import dev.uplift.testbed.RowCheck;
import dev.uplift.testbed.RowWriter;
import dev.uplift.testbed.StandInLedger;
import dev.uplift.testbed.StandInServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
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
    private static final List<String> SERVICES = List.of("orchestrator", "artifact", "backup", "swap");
    private static final List<String> WORKERS = List.of("artifact", "backup", "swap");
    private static final List<String> MOMENTS = List.of("BEFORE", "AFTER");

    /** Effects that no run of this class has. */
    private static final Set<String> OFF_THE_PATHS = Set.of(
            // Registration, and a launch that has changed since.
            "swap.inspect.launch",
            "swap.preflight.launch",
            // An application that ignores SIGTERM, or still runs when its migration has failed.
            "swap.stop.kill",
            "swap.halt.terminate",
            "swap.halt.kill",
            // What a host starts by itself.
            "swap.stop.autostart",
            "swap.resume.autostart",
            "swap.commit.autostart",
            // More than one node.
            "swap.scale.start",
            "swap.scale.record",
            "swap.scale.serving",
            "swap.unscale.terminate",
            "swap.unscale.kill",
            // A restore that an operator asks for.
            "backup.reinstate.clean",
            "backup.reinstate.create",
            "backup.reinstate.load",
            "backup.reinstate.settings",
            "backup.reinstate.keep",
            "backup.reinstate.replace",
            "backup.reinstate.forget",
            // On PostgreSQL the failed database is renamed with the new one, in one transaction.
            "backup.restore.keep POSTGRESQL",
            // An artifact that is damaged in the store, or a transfer that was cut.
            "artifact.fetch.discard",
            "artifact.fetch.evict",
            // A store that is full.
            "artifact.fetch.forget");

    /** Effects that may be taken again after a kill, because nothing of them counts yet, or twice is once. */
    private static final Set<String> REPEATABLE = Set.of(
            // Asking to end.
            "swap.stop.terminate",
            "swap.halt.terminate",
            // A transfer that is gone on with, and the same words in the same place.
            "artifact.fetch.begin",
            "artifact.fetch.download",
            "artifact.fetch.record",
            "artifact.fetch.clear",
            // A copy that is not published yet is begun anew.
            "backup.take.clean",
            "backup.take.begin",
            "backup.take.dump",
            "backup.take.manifest",
            "backup.take.scratch",
            "backup.take.prove",
            "backup.take.discard",
            // Nothing is left to delete.
            "backup.take.prune",
            "backup.restore.forget",
            "swap.commit.forget",
            "swap.unstage.release",
            // The same directory in the same place; the second name of the same file.
            "swap.revert.snapshot",
            "backup.restore.keep",
            // A database that is not in place yet is filled anew.
            "backup.restore.clean",
            "backup.restore.create",
            "backup.restore.load",
            "backup.restore.settings");

    private static final Product PRODUCT = Product.shared();
    private static final Map<Path, Map<Store, Dashboard>> DASHBOARDS = new EnumMap<>(Path.class);
    private static final List<String> TABLE = new ArrayList<>();
    private static final Set<String> INSTALLATIONS = new HashSet<>();

    /** No other test of this product fetches these. */
    private static int release = 100;

    /** Where the saga goes. */
    enum Path {
        /** The first upgrade of a directory, which is adopted. */
        FIRST,
        FORWARD,
        BACK
    }

    /**
     * One kill.
     *
     * @param point effect and moment
     * @param occurrence the how manieth time it is reached, from 1
     */
    record Kill(String service, String point, int occurrence) {
        Kill(String service, String point) {
            this(service, point, 1);
        }

        @Override
        public String toString() {
            return point + (occurrence == 1 ? "" : " #" + occurrence);
        }
    }

    /** One upgrade, with its kills. */
    record Run(Path path, Store store, List<Kill> kills) {
        @Override
        public String toString() {
            return path + " " + store + " "
                    + String.join(", ", kills.stream().map(Kill::toString).toList());
        }
    }

    /** Every fourth run, or every N-th with {@code -Duplift.crash.every=N}; all of them take a quarter of an hour. */
    static List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (Path path : Path.values()) {
            for (Store store : Store.values()) {
                List<List<Kill>> byService = SERVICES.stream()
                        .map(service -> kills(service, path, store))
                        .toList();
                int count = byService.stream().mapToInt(List::size).max().orElse(0);
                for (int run = 0; run < count; run++) {
                    int number = run;
                    runs.add(new Run(
                            path,
                            store,
                            byService.stream()
                                    .filter(kills -> number < kills.size())
                                    .map(kills -> kills.get(number))
                                    .toList()));
                }
            }
        }
        int every = Integer.getInteger("uplift.crash.every", 4);
        return IntStream.range(0, runs.size())
                .filter(index -> index % every == 0)
                .mapToObj(runs::get)
                .toList();
    }

    /** What does not depend on the database is shared out between the two. */
    private static List<Kill> kills(String service, Path path, Store store) {
        List<Kill> any = new ArrayList<>();
        List<Kill> kills = new ArrayList<>();
        for (String moment : MOMENTS) {
            switch (service) {
                case "swap" ->
                    Arrays.stream(SwapEffect.values())
                            .map(SwapEffect::wireName)
                            .filter(effect -> isOn(path, store, effect))
                            .forEach(effect -> any.add(new Kill(service, effect + ":" + moment)));
                case "artifact" ->
                    FetchEffect.names().stream()
                            .filter(effect -> isOn(path, store, effect))
                            .forEach(effect -> any.add(new Kill(service, effect + ":" + moment)));
                case "backup" ->
                    Effect.names().stream()
                            .filter(effect -> isOn(path, store, effect))
                            .forEach(effect -> kills.add(new Kill(service, effect + ":" + moment)));
                default -> {}
            }
            for (String point : List.of("batch.commit", "offsets.commit", "relay.publish", "relay.delete")) {
                String name = service + "." + point + ":" + moment;
                if (service.equals("orchestrator")) {
                    for (int occurrence : occurrences(path)) {
                        any.add(new Kill(service, name, occurrence));
                    }
                } else if (path == Path.FORWARD) {
                    any.add(new Kill(service, name));
                }
            }
            if (WORKERS.contains(service) && path == Path.FORWARD) {
                any.add(new Kill(service, service + ".reply.commit:" + moment));
            }
        }
        List<Store> stores = List.of(Store.values());
        IntStream.range(0, any.size())
                .filter(index -> stores.get(index % stores.size()) == store)
                .forEach(index -> kills.add(any.get(index)));
        return kills;
    }

    private static int[] occurrences(Path path) {
        return switch (path) {
            case FIRST -> new int[] {};
            case FORWARD -> new int[] {1, 4, 8};
            case BACK -> new int[] {7, 10, 13};
        };
    }

    private static boolean isOn(Path path, Store store, String effect) {
        return pathOf(effect) == path
                && !effect.startsWith("swap.container.")
                && !OFF_THE_PATHS.contains(effect)
                && !OFF_THE_PATHS.contains(effect + " " + store);
    }

    private static Path pathOf(String effect) {
        if (Set.of("swap.switch.adopt", "swap.switch.origin", "swap.switch.jar").contains(effect)) {
            return Path.FIRST;
        }
        return Stream.of("unstage", "resume", "revert", "halt", "restore").anyMatch(effect::contains)
                ? Path.BACK
                : Path.FORWARD;
    }

    @Order(1)
    @ParameterizedTest(name = "{0}")
    @MethodSource("runs")
    void aRunWithKillsEndsWell(Run run) throws Exception {
        Dashboard dashboard = dashboard(run.path(), run.store());
        String origin = dashboard.version();
        String target = run.path() == Path.BACK ? FAILING : OLD_MAJOR + ++release;
        Instant begun = Instant.now();
        try (RowWriter writer = dashboard.write("writer" + TABLE.size())) {
            SERVICES.forEach(PRODUCT::forgetEffects);
            run.kills().forEach(kill -> PRODUCT.arm(kill.service(), kill.point() + ":" + kill.occurrence()));
            UpgradeStatus ended = dashboard.awaitEnd(begin(dashboard.request(target)), END_MAX);
            List<Kill> missed = run.kills().stream()
                    .filter(kill -> !PRODUCT.killed(kill.service()))
                    .toList();
            SERVICES.forEach(PRODUCT::disarm);
            for (Kill kill : run.kills()) {
                TABLE.add(String.format(
                        "%-46s %-7s  %-10s  %-11s  %-11s  %d s",
                        kill,
                        run.path(),
                        run.store(),
                        missed.contains(kill) ? "NOT REACHED" : "killed",
                        ended.state(),
                        Duration.between(begun, Instant.now()).toSeconds()));
            }

            assertThat(ended.state())
                    .as("%s", ended)
                    .isEqualTo(run.path() == Path.BACK ? State.ROLLED_BACK : State.COMPLETED);
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
            assertNoEffectWasTakenTwice();
        } finally {
            if (run.path() == Path.FIRST) {
                dashboard.close();
            }
        }
    }

    /** I3: what the new version's first start found, and after a way back the old one's, is what the backup holds. */
    private static void assertTheBackupIsWhatTheStartsFound(
            Run run, UpgradeStatus ended, Dashboard dashboard, Instant since) throws Exception {
        List<String> found = ledger(dashboard, since, "found")
                .map(StandInLedger.Entry::detail)
                .toList();
        assertThat(found).hasSize(run.path() == Path.BACK ? 2 : 1);
        assertThat(found).containsOnly(StoredBackup.of(PRODUCT, ended).rows(run.store()));
    }

    /** I4: an effect that was taken before a kill is seen after it, and not taken again. */
    private static void assertNoEffectWasTakenTwice() {
        for (String service : WORKERS) {
            List<String> effects = PRODUCT.effects(service).stream()
                    .filter(effect -> !effect.startsWith(service + ".batch")
                            && !effect.startsWith(service + ".offsets")
                            && !effect.startsWith(service + ".relay")
                            && !effect.startsWith(service + ".reply"))
                    .filter(effect -> !REPEATABLE.contains(effect))
                    .toList();
            assertThat(effects).as("effects of %s", service).doesNotHaveDuplicates();
        }
    }

    /** I4: no command about an installation of this class has a lower epoch than one before it. */
    @Order(2)
    @Test
    void epochsNeverDecrease() throws IOException {
        try (Wire wire = new Wire(PRODUCT)) {
            Map<String, Long> highest = new HashMap<>();
            for (ServiceName service : ServiceName.values()) {
                for (ConsumerRecord<byte[], byte[]> record :
                        wire.read(List.of(Topics.commands(service, Topics.DEFAULT_SITE)))) {
                    String installation = new String(record.key(), StandardCharsets.UTF_8);
                    JsonNode epoch = Json.mapper().readTree(record.value()).path("epoch");
                    if (INSTALLATIONS.contains(installation) && epoch.isNumber()) {
                        String key = service + " " + installation;
                        assertThat(epoch.asLong()).isGreaterThanOrEqualTo(highest.getOrDefault(key, 0L));
                        highest.put(key, epoch.asLong());
                    }
                }
            }
            assertThat(highest).isNotEmpty();
        }
    }

    @AfterAll
    static void report() {
        System.out.println("\nkill -9: " + TABLE.size() + " kills\n" + String.join("\n", TABLE));
        DASHBOARDS.values().forEach(byStore -> byStore.values().forEach(Dashboard::close));
    }

    private static Dashboard dashboard(Path path, Store store) {
        if (path == Path.FIRST) {
            return start("first-" + TABLE.size(), store, UnaryOperator.identity());
        }
        return DASHBOARDS
                .computeIfAbsent(path, key -> new EnumMap<>(Store.class))
                .computeIfAbsent(store, key -> upgradedTwice(path, store));
    }

    /** With releases to take away, and one that was adopted. */
    private static Dashboard upgradedTwice(Path path, Store store) {
        Dashboard dashboard = start(
                path + "-" + store,
                store,
                path == Path.BACK ? launch -> launch.faults("migration-fails@51") : UnaryOperator.identity());
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

    private static Stream<StandInLedger.Entry> ledger(Dashboard dashboard, Instant since, String event) {
        return StandInLedger.read(dashboard.server().ledger()).of(event).stream()
                .filter(entry -> entry.at().isAfter(since));
    }
}
