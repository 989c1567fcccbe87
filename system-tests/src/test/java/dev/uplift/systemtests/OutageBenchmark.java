/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.StepName;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.standin.StandInApi;
import dev.uplift.standin.StandInReleases.StandInRelease;
import dev.uplift.standin.StandInServer;
import dev.uplift.systemtests.Dashboard.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How long applications are down for an upgrade, and for the same by hand without a backup. {@code scripts/benchmark
 * outages} runs it; no other run of the tests does. Outages are seen from outside, by asking for the application's health
 * every 20 ms. What else uses the machine is measured before each round, and shown.
 */
class OutageBenchmark {
    private static final int RUNS = Integer.parseInt(System.getenv().getOrDefault("UPLIFT_BENCHMARK_RUNS", "3"));
    private static final List<Integer> AT_ONCE = List.of(1, 10);

    /** As many at a time as the product takes down by default. */
    private static final int BY_HAND_AT_A_TIME = 4;

    private static final Duration HEALTHY_MAX = Duration.ofMinutes(2);
    private static final Duration END_MAX = Duration.ofMinutes(10);
    private static final List<StepName> STEPS =
            List.of(StepName.STOP, StepName.BACKUP, StepName.SWITCH, StepName.START);

    private final Product product = Product.shared();

    /** One round: the outage of each application, and how long each step took. */
    private record Round(List<Long> outages, long wholeMillis, Map<StepName, List<Long>> steps, double busyBefore) {}

    @Test
    void show() throws Exception {
        StringBuilder table = new StringBuilder();
        table.append(machine())
                .append("\n\n| database | at once | outage ms, median (max) | stop + start by hand ms | difference ms"
                        + " | STOP | BACKUP | SWITCH | START | all ms | other load |\n")
                .append("|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (Store store : Store.values()) {
            for (int count : AT_ONCE) {
                List<Round> upgrades = new ArrayList<>();
                List<Round> byHand = new ArrayList<>();
                for (int run = 0; run < RUNS; run++) {
                    String name = "bench-" + store.name().toLowerCase(Locale.ROOT) + "-" + count + "-" + run + "-";
                    byHand.add(byHand(store, count, name + "hand-"));
                    upgrades.add(upgrade(store, count, name));
                }
                String row = row(store, count, upgrades, byHand);
                System.out.println(row);
                table.append(row).append('\n');
            }
        }
        Path file = Product.root().resolve("system-tests/target/benchmark.md");
        Files.writeString(file, table);
        System.out.println(table);
    }

    private Round upgrade(Store store, int count, String prefix) throws Exception {
        List<Dashboard> dashboards = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            dashboards.add(Dashboard.start(product, prefix + i, store, "v0.50.3", UnaryOperator.identity()));
        }
        double busy = busyCores();
        try (ExecutorService eyes = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Long>> outages = new ArrayList<>();
            for (Dashboard dashboard : dashboards) {
                outages.add(eyes.submit(outageOf(dashboard.server().api())));
            }
            long begun = System.nanoTime();
            StandInRelease target = Dashboard.release(product, "v0.51.1");
            var accepted = product.rest()
                    .upgrade(new UpgradeRequested(
                            UUID.randomUUID(),
                            null,
                            dashboards.stream().map(Dashboard::name).toList(),
                            "v0.51.1",
                            null,
                            product.download(target.jar()),
                            target.sha256(),
                            Dashboard.LIMITS))
                    .accepted();
            assertThat(accepted).hasSize(count);
            Map<StepName, List<Long>> steps = new EnumMap<>(StepName.class);
            for (var saga : accepted) {
                UpgradeStatus ended = product.awaitEnd(saga.upgradeId(), END_MAX);
                assertThat(ended.state()).as("%s", ended).isEqualTo(State.COMPLETED);
                for (StepStatus step : ended.steps()) {
                    if (step.doMillis() != null) {
                        steps.computeIfAbsent(step.step(), _ -> new ArrayList<>())
                                .add(step.doMillis());
                    }
                }
            }
            long whole = (System.nanoTime() - begun) / 1_000_000;
            List<Long> seen = new ArrayList<>();
            for (Future<Long> outage : outages) {
                seen.add(outage.get());
            }
            return new Round(seen, whole, steps, busy);
        } finally {
            for (Dashboard dashboard : dashboards) {
                dashboard.close();
                product.rest().send("DELETE", "/api/v1/installations/" + dashboard.name(), null);
            }
        }
    }

    /** SIGTERM, the new JAR by a rename, start: some at a time. */
    private Round byHand(Store store, int count, String prefix) throws Exception {
        StandInRelease next = Dashboard.release(product, "v0.51.1");
        List<StandInServer> servers = new ArrayList<>();
        List<StandInServer.Launch> launches = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            StandInServer.Launch launch = Dashboard.launch(product, prefix + i, store, "v0.50.3");
            StandInServer server = launch.start().awaitHealthy(HEALTHY_MAX);
            launches.add(launch);
            servers.add(server);
        }
        double busy = busyCores();
        try (ExecutorService eyes = Executors.newVirtualThreadPerTaskExecutor();
                ExecutorService hands = Executors.newFixedThreadPool(BY_HAND_AT_A_TIME)) {
            List<Future<Long>> outages = servers.stream()
                    .map(server -> eyes.submit(outageOf(server.api())))
                    .toList();
            long begun = System.nanoTime();
            List<Future<StandInServer>> started = IntStream.range(0, count)
                    .mapToObj(i -> hands.submit(() -> {
                        servers.get(i).stop();
                        return launches.get(i).release(next).start().awaitHealthy(HEALTHY_MAX);
                    }))
                    .toList();
            for (Future<StandInServer> start : started) {
                start.get();
            }
            long whole = (System.nanoTime() - begun) / 1_000_000;
            List<Long> seen = new ArrayList<>();
            for (Future<Long> outage : outages) {
                seen.add(outage.get());
            }
            return new Round(seen, whole, Map.of(), busy);
        } finally {
            servers.forEach(StandInServer::close);
        }
    }

    /** From the last good answer before the first bad one to the next good one. */
    private static Callable<Long> outageOf(StandInApi api) {
        return () -> {
            long begun = System.nanoTime();
            long good = begun;
            boolean down = false;
            while (System.nanoTime() - begun < END_MAX.toNanos()) {
                long asked = System.nanoTime();
                boolean healthy = api.healthy();
                if (healthy && down) {
                    return (System.nanoTime() - good) / 1_000_000;
                }
                if (healthy) {
                    good = asked;
                } else {
                    down = true;
                }
                Thread.sleep(20);
            }
            throw new IllegalStateException("no outage began and ended within " + END_MAX.toMinutes() + " min");
        };
    }

    private static String row(Store store, int count, List<Round> upgrades, List<Round> byHand) {
        long outage =
                median(upgrades.stream().map(round -> median(round.outages())).toList());
        long hand = median(byHand.stream().map(round -> median(round.outages())).toList());
        long worst = upgrades.stream()
                .flatMap(round -> round.outages().stream())
                .mapToLong(Long::longValue)
                .max()
                .orElseThrow();
        List<String> steps = STEPS.stream()
                .map(step -> String.valueOf(median(upgrades.stream()
                        .flatMap(round -> round.steps().getOrDefault(step, List.of()).stream())
                        .toList())))
                .toList();
        double busy = upgrades.stream().mapToDouble(Round::busyBefore).average().orElseThrow();
        return "| %s | %d | %d (%d) | %d | %d | %s | %d | %.1f cores |"
                .formatted(
                        store,
                        count,
                        outage,
                        worst,
                        hand,
                        outage - hand,
                        String.join(" | ", steps),
                        median(upgrades.stream().map(Round::wholeMillis).toList()),
                        busy);
    }

    private static long median(List<Long> values) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.get(sorted.size() / 2);
    }

    private static String machine() throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
        return "%d cores of %s, Linux %s, Java %s, defaults of all settings; medians of %d runs"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        cpu,
                        System.getProperty("os.version"),
                        Runtime.version(),
                        RUNS);
    }

    /** How many cores were busy in a second in which nothing is measured. */
    private static double busyCores() throws IOException, InterruptedException {
        long[] before = cpu();
        Thread.sleep(1_000);
        long[] after = cpu();
        return Runtime.getRuntime().availableProcessors()
                * (1 - (double) (after[1] - before[1]) / Math.max(1, after[0] - before[0]));
    }

    /** All time, and idle time, in ticks. */
    private static long[] cpu() throws IOException {
        long[] ticks = Arrays.stream(Files.readAllLines(Path.of("/proc/stat"))
                        .getFirst()
                        .replaceFirst("cpu\\s+", "")
                        .split(" "))
                .mapToLong(Long::parseLong)
                .toArray();
        return new long[] {Arrays.stream(ticks).limit(8).sum(), ticks[3] + ticks[4]};
    }
}
