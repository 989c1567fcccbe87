/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.benchmarks;

import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.messaging.testing.KafkaBroker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * {@code SagaBenchmark DISTRIBUTION RUNS COUNT...}: for each COUNT, upgrades so many installations by one event, RUNS times,
 * each time with a Kafka, a PostgreSQL and an orchestrator of its own, and prints medians as a table.
 */
public final class SagaBenchmark {
    private static final Duration END_MAX = Duration.ofMinutes(30);
    private static final Duration REGISTERED_MAX = Duration.ofMinutes(10);
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final int REGISTER_AT_ONCE = 32;
    private static final int LISTS = 21;

    /** Upgraded before what is measured: a service runs for months, and its compiler is done with it after a minute of work. */
    private static final int WARM_UP = 3_000;

    /** More of the processors for others than this, and a run says nothing. */
    private static final double FOREIGN_CORES_MAX = 0.15;

    /** As the standalone starts it, with the same options from outside. */
    private static final List<String> JAVA_OPTIONS = Stream.of(
                    "-Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
                    System.getenv().getOrDefault("UPLIFT_JAVA_OPTIONS", ""))
            .flatMap(options -> Stream.of(options.strip().split("\\s+")))
            .filter(option -> !option.isEmpty())
            .toList();

    private SagaBenchmark() {}

    /** What one run showed. Times are milliseconds where nothing else is said. */
    private record Run(
            double transitionsPerSecond,
            double sagasPerSecond,
            double untilNextMedian,
            double untilNext99,
            double orchestratorMicros,
            double databaseMicros,
            double kafkaMicros,
            double workersMicros,
            double statements,
            double walBytes,
            double syncs,
            double list,
            double page99,
            double startUp,
            double residentMegabytes,
            double foreignCores) {}

    private record Column(String name, String format, ToDoubleFunction<Run> value) {}

    private static final List<Column> COLUMNS = List.of(
            new Column("transitions/s", "%.0f", Run::transitionsPerSecond),
            new Column("sagas/s", "%.1f", Run::sagasPerSecond),
            new Column("result to next command ms, median", "%.0f", Run::untilNextMedian),
            new Column("99%", "%.0f", Run::untilNext99),
            new Column("CPU us per transition: orchestrator", "%.0f", Run::orchestratorMicros),
            new Column("PostgreSQL", "%.0f", Run::databaseMicros),
            new Column("Kafka", "%.0f", Run::kafkaMicros),
            new Column("workers and dashboards", "%.0f", Run::workersMicros),
            new Column("statements per transition", "%.2f", Run::statements),
            new Column("WAL bytes per transition", "%.0f", Run::walBytes),
            new Column("fsyncs per transition", "%.3f", Run::syncs),
            new Column("list of installations ms", "%.0f", Run::list),
            new Column("transition to page ms, 99%", "%.0f", Run::page99),
            new Column("start-up ms", "%.0f", Run::startUp),
            new Column("idle RSS MB", "%.0f", Run::residentMegabytes),
            new Column("foreign cores", "%.2f", Run::foreignCores));

    public static void main(String[] arguments) throws Exception {
        Path distribution = Path.of(arguments[0]).toAbsolutePath();
        int runs = Integer.parseInt(arguments[1]);
        List<Integer> counts =
                Arrays.stream(arguments).skip(2).map(Integer::valueOf).toList();
        List<String> table = new ArrayList<>();
        table.add("| | " + COLUMNS.stream().map(Column::name).collect(Collectors.joining(" | ")) + " |");
        table.add("|---" + "|---".repeat(COLUMNS.size()) + "|");
        for (int count : counts) {
            List<Run> done = new ArrayList<>();
            for (int run = 1; run <= runs; run++) {
                System.err.println(count + " installations, run " + run + " of " + runs);
                Path home = Files.createTempDirectory("uplift-benchmark");
                try {
                    done.add(run(distribution, home, count));
                } catch (Exception e) {
                    System.err.println("kept for you to look at: " + home);
                    throw e;
                }
                delete(home);
            }
            boolean noisy = done.stream().anyMatch(run -> run.foreignCores() > FOREIGN_CORES_MAX);
            table.add("| " + count + " at once" + (noisy ? ", NOISY" : "") + " | "
                    + COLUMNS.stream()
                            .map(column -> column.format().formatted(median(done, column.value())))
                            .collect(Collectors.joining(" | "))
                    + " |");
        }
        System.out.println(machine(runs));
        System.out.println();
        table.forEach(System.out::println);
        System.exit(0);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static Run run(Path distribution, Path home, int count) throws Exception {
        try (KafkaBroker kafka = KafkaBroker.start();
                Database database = Database.start();
                Orchestrator orchestrator = Orchestrator.start(
                        distribution, home, JAVA_OPTIONS, database.make("orchestrator"), kafka.bootstrapServers())) {
            // What it holds right after its start is not what it holds when it is idle.
            Thread.sleep(IDLE);
            long residentBytes = orchestrator.residentBytes();
            try (Workers workers = new Workers(kafka.bootstrapServers(), Site.all(Math.max(count, WARM_UP)));
                    Page page = new Page(orchestrator.address())) {
                register(orchestrator, "warm-", WARM_UP);
                var _ = upgrade(kafka, workers, WARM_UP);
                register(orchestrator, "bench-", count);
                var _ = page.delay();
                var _ = workers.untilNext();
                Database.Counts countsBefore = database.counts();
                Used before = Used.now(orchestrator, database, kafka);
                long begun = System.nanoTime();
                long done = upgrade(kafka, workers, count);
                double seconds = (System.nanoTime() - begun) / 1e9;
                Used used = Used.now(orchestrator, database, kafka).since(before);
                Database.Counts counts = database.counts().since(countsBefore);
                Histogram untilNext = workers.untilNext();
                return new Run(
                        done / seconds,
                        count / seconds,
                        untilNext.getValueAtPercentile(50) / 1e3,
                        untilNext.getValueAtPercentile(99) / 1e3,
                        micros(used.orchestrator(), done),
                        micros(used.database(), done),
                        micros(used.kafka(), done),
                        micros(used.self(), done),
                        (double) counts.statements() / done,
                        (double) counts.walBytes() / done,
                        (double) counts.syncs() / done,
                        list(orchestrator),
                        page.delay().getValueAtPercentile(99),
                        orchestrator.startUp().toMillis(),
                        residentBytes / 1e6,
                        used.foreign().toNanos() / 1e9 / seconds);
            }
        }
    }

    /** Upgrades all that have the old version, so many, by one event; returns how many transitions it took. */
    private static long upgrade(KafkaBroker kafka, Workers workers, int count) throws InterruptedException {
        try (Transitions transitions = new Transitions(kafka.bootstrapServers(), count)) {
            workers.send(Topics.TRIGGERS, trigger());
            if (!transitions.awaitEnd(END_MAX)) {
                throw new IllegalStateException("not all ended: " + transitions.ended());
            }
            if (!transitions.ended().equals(Map.of(UpgradeStatus.State.COMPLETED, (long) count))) {
                throw new IllegalStateException("not all were completed: " + transitions.ended());
            }
            return transitions.count();
        }
    }

    /** What each has used of the processors. */
    private record Used(Duration orchestrator, Duration database, Duration kafka, Duration self, Duration machine) {
        static Used now(Orchestrator orchestrator, Database database, KafkaBroker kafka) throws Exception {
            Duration databaseUsed = Cpu.ofTree(database.process());
            Duration kafkaUsed = Cpu.ofTree(kafka.handle());
            Duration orchestratorUsed = Cpu.ofTree(orchestrator.process());
            // Alone: some of what it has started are its children, and some are not.
            Duration self = Cpu.of(ProcessHandle.current());
            return new Used(orchestratorUsed, databaseUsed, kafkaUsed, self, Cpu.ofMachine());
        }

        Used since(Used before) {
            return new Used(
                    orchestrator.minus(before.orchestrator),
                    database.minus(before.database),
                    kafka.minus(before.kafka),
                    self.minus(before.self),
                    machine.minus(before.machine));
        }

        Duration foreign() {
            return machine.minus(orchestrator).minus(database).minus(kafka).minus(self);
        }
    }

    private static void register(Orchestrator orchestrator, String prefix, int count) throws Exception {
        try (ExecutorService operators = Executors.newFixedThreadPool(REGISTER_AT_ONCE)) {
            List<Future<?>> asked = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                RegisterInstallation request = new RegisterInstallation(
                        prefix + number, "metabase", Site.of(number), null, "/srv/" + prefix + number);
                asked.add(operators.submit(() -> {
                    orchestrator.register(request);
                    return null;
                }));
            }
            for (Future<?> each : asked) {
                each.get();
            }
        }
        for (int number = 0; number < count; number++) {
            awaitReady(orchestrator, prefix + number);
        }
    }

    private static void awaitReady(Orchestrator orchestrator, String name) throws IOException, InterruptedException {
        long end = System.nanoTime() + REGISTERED_MAX.toNanos();
        while (orchestrator.installation(name).state() != InstallationStatus.State.READY) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(name + " is not registered: " + orchestrator.installation(name));
            }
            // Nobody tells that it is registered.
            Thread.sleep(200);
        }
    }

    private static Message trigger() {
        return new Message(
                UUID.randomUUID(),
                MessageType.UPGRADE_REQUESTED,
                URI.create("/uplift/benchmarks"),
                "benchmark",
                Instant.now(),
                null,
                new UpgradeRequested(null, "metabase", List.of("*"), Workers.NEW, null, null, "b".repeat(64), null));
    }

    private static double list(Orchestrator orchestrator) throws IOException, InterruptedException {
        List<Double> millis = new ArrayList<>();
        for (int i = 0; i < LISTS; i++) {
            long begun = System.nanoTime();
            var _ = orchestrator.get("/api/v1/installations");
            millis.add((System.nanoTime() - begun) / 1e6);
        }
        return millis.stream().sorted().toList().get(LISTS / 2);
    }

    private static double micros(Duration used, long transitions) {
        return used.toNanos() / 1e3 / transitions;
    }

    private static double median(List<Run> runs, ToDoubleFunction<Run> value) {
        return runs.stream().mapToDouble(value).sorted().toArray()[runs.size() / 2];
    }

    private static String machine(int runs) throws IOException {
        String cpu = Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
                .filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
        return "%d cores of %s, Linux %s, Java %s, orchestrator with %s; medians of %d runs"
                .formatted(
                        Runtime.getRuntime().availableProcessors(),
                        cpu,
                        System.getProperty("os.version"),
                        Runtime.version(),
                        String.join(" ", JAVA_OPTIONS),
                        runs);
    }
}
