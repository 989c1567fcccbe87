package dev.uplift.cli;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.uplift.cli.DemoFleet.Member;
import dev.uplift.cli.DemoFleet.Verdict;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.contract.WireCodec;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.contract.api.StandaloneStatus;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the main job: three stand-in dashboards with a writer on each are upgraded by ONE event on "
                    + "uplift.triggers. Two end COMPLETED; the third's migration fails and it is ROLLED_BACK. "
                    + "Every acknowledged row is counted afterwards.",
            "Everything is started in a directory of its own and stopped at the end. The exit code is 0 only if all of "
                    + "that came true."
        })
final class DemoCommand implements Callable<Integer> {
    private static final int FIRST_PORT = 8480;
    private static final int LAST_PORT = 9480;
    private static final int PORTS = 7;
    private static final int ROWS_BEFORE = 25;
    private static final Duration TRIGGER_MAX = Duration.ofSeconds(60);
    private static final Duration DELETE_MAX = Duration.ofSeconds(20);
    private static final StepLimits LIMITS =
            new StepLimits(Duration.ofMinutes(2), Duration.ofMinutes(5), Duration.ofSeconds(3), Duration.ofSeconds(45));

    @Mixin
    private ServerOptions server = new ServerOptions();

    @Option(names = "--keep", description = "Leave everything running and say how to look at it and stop it.")
    private boolean keep;

    @Override
    public Integer call() throws Exception {
        try (Interruption interruption = new Interruption()) {
            return show(interruption);
        }
    }

    private int show(Interruption interruption) throws Exception {
        Output output = server.output();
        Instant begun = Instant.now();
        int basePort = freeBasePort();
        Path distribution = StandaloneProcess.distribution();
        Path home = Files.createTempDirectory("uplift-demo-");
        DemoFleet fleet = new DemoFleet(home.resolve("demo"));
        StandaloneProcess standalone =
                new StandaloneProcess(home, basePort).with("UPLIFT_ARTIFACT_ALLOWED_ORIGINS", "http://127.0.0.1:*");
        Summary summary = null;
        Exception failure = null;
        try {
            fleet.prepare(distribution);
            summary = run(output, home, standalone.start(output), fleet);
        } catch (Exception e) {
            failure = e;
        }
        boolean interrupted = interruption.cleanUp(failure != null);
        if (interrupted) {
            output.note("interrupted: stopping and removing everything");
        }
        if (interrupted || failure != null || !keep) {
            fleet.release();
            standalone.destroy();
            fleet.close();
        }
        if (interrupted) {
            delete(home);
            return ExitCode.FAILED;
        }
        if (failure != null) {
            output.note("kept for you to look at: " + home);
            throw failure;
        }
        return told(output, home, fleet, Objects.requireNonNull(summary), begun);
    }

    private int told(Output output, Path home, DemoFleet fleet, Summary summary, Instant begun)
            throws InterruptedException {
        if (output.json()) {
            output.json(summary);
        } else {
            print(output, summary);
        }
        boolean good = summary.asPromised();
        output.note((good ? "as promised" : "NOT as promised") + ", after "
                + Format.duration(Duration.between(begun, Instant.now())));
        if (keep) {
            fleet.release();
            output.note("kept running; look: ./uplift status --home " + home + "   stop: ./uplift down --home " + home
                    + "   (the dashboards: pkill -f " + home + ")");
        } else if (good) {
            delete(home);
        } else {
            output.note("kept for you to look at: " + home);
        }
        return good ? ExitCode.OK : ExitCode.FAILED;
    }

    private static Summary run(Output output, Path home, StandaloneStatus standalone, DemoFleet fleet)
            throws Exception {
        Api api = new Api(standalone.api());
        output.note("starting three stand-in dashboards, " + DemoFleet.OLD + ", and a writer on each");
        fleet.start(home, standalone);
        for (Member member : fleet.members()) {
            AddCommand.register(
                    api,
                    new RegisterInstallation(
                            member.name(),
                            null,
                            null,
                            null,
                            fleet.directoryOf(member).toString()));
            output.note("added " + member.name());
        }
        await(
                "writers to write",
                () -> fleet.members().stream()
                        .allMatch(member -> member.writer().acknowledgedCount() >= ROWS_BEFORE));
        output.note("sending ONE event on " + Topics.TRIGGERS + ": all to " + DemoFleet.NEW);
        trigger(home, fleet);
        await(
                "the upgrades to begin",
                () -> api.upgrades("", fleet.members().size()).content().size()
                        == fleet.members().size());
        List<UUID> ids = api.upgrades("", fleet.members().size()).content().stream()
                .sorted(Comparator.comparing(UpgradeStatus::installation))
                .map(UpgradeStatus::id)
                .toList();
        List<UpgradeStatus> ended = Follower.ofOwn(api, output).follow(ids);
        return Summary.of(fleet, ended, fleet.verdicts());
    }

    private static void trigger(Path home, DemoFleet fleet)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        UpgradeRequested request = new UpgradeRequested(
                null,
                "metabase",
                fleet.members().stream().map(Member::name).toList(),
                DemoFleet.NEW,
                null,
                fleet.newUrl(),
                fleet.newSha256(),
                LIMITS);
        Message message = new Message(
                UUID.randomUUID(),
                MessageType.UPGRADE_REQUESTED,
                URI.create("/uplift/demo"),
                "demo",
                Instant.now(),
                null,
                request);
        Properties client = new Properties();
        try (Reader reader = Files.newBufferedReader(home.resolve("kafka-client.properties"))) {
            client.load(reader);
        }
        try (KafkaProducer<String, byte[]> producer =
                new KafkaProducer<>(client, new StringSerializer(), new ByteArraySerializer())) {
            producer.send(WireCodec.encode(Topics.TRIGGERS, message)).get(TRIGGER_MAX.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static void print(Output output, Summary summary) {
        output.line("");
        List<List<String>> rows = new ArrayList<>();
        for (Outcome outcome : summary.installations()) {
            rows.add(List.of(
                    outcome.name(),
                    outcome.outcome(),
                    outcome.from() + " -> " + outcome.to(),
                    outcome.runs(),
                    Optional.ofNullable(outcome.downtimeMillis())
                            .map(millis -> Format.duration(Duration.ofMillis(millis)))
                            .orElse("-"),
                    outcome.rowsAcknowledged() + ", lost " + outcome.rowsLost()));
        }
        output.table(List.of("INSTALLATION", "OUTCOME", "UPGRADE", "RUNS NOW", "DOWNTIME", "ACKNOWLEDGED ROWS"), rows);
        output.line("");
        for (Outcome outcome : summary.installations()) {
            StringBuilder steps = new StringBuilder();
            outcome.steps()
                    .forEach((step, millis) -> steps.append("  ")
                            .append(step)
                            .append(' ')
                            .append(Format.duration(Duration.ofMillis(millis))));
            output.line(outcome.name() + ":" + steps);
        }
        summary.problems().forEach(problem -> output.line("NOT as promised: " + problem));
    }

    private static int freeBasePort() {
        for (int base = FIRST_PORT; base <= LAST_PORT; base += 10) {
            int first = base;
            if (IntStream.range(0, PORTS).allMatch(offset -> isFree(first + offset))) {
                return base;
            }
        }
        throw new CommandFailedException(
                ExitCode.UNAVAILABLE, "no " + PORTS + " free ports in a row from " + FIRST_PORT + " to " + LAST_PORT);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    private static void await(String what, Supplier<Boolean> condition) throws InterruptedException {
        if (!Poll.until(TRIGGER_MAX, condition, met -> met)) {
            throw new CommandFailedException(
                    ExitCode.FAILED, "waited " + TRIGGER_MAX.toSeconds() + " s in vain for " + what);
        }
    }

    /** What has just ended may still have been writing. */
    private static void delete(Path directory) throws InterruptedException {
        if (!Poll.until(DELETE_MAX, () -> deleted(directory), deleted -> deleted)) {
            throw new CommandFailedException(ExitCode.FAILED, directory + " cannot be deleted");
        }
    }

    private static boolean deleted(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
            return true;
        } catch (IOException | UncheckedIOException e) {
            return Files.notExists(directory);
        }
    }

    /**
     * One installation in the summary.
     *
     * @param runs the version that answers now
     * @param steps milliseconds per step; an undone step's undo is {@code <step>_undo}
     */
    record Outcome(
            String name,
            String outcome,
            String from,
            String to,
            String runs,
            @JsonProperty("downtime_ms") @Nullable Long downtimeMillis,
            @JsonProperty("rows_acknowledged") long rowsAcknowledged,
            @JsonProperty("rows_lost") long rowsLost,
            Map<String, Long> steps) {}

    /** The whole demo's result. */
    record Summary(
            int completed,
            @JsonProperty("rolled_back") int rolledBack,
            int parked,
            @JsonProperty("rows_acknowledged") long rowsAcknowledged,
            @JsonProperty("rows_lost") long rowsLost,
            List<Outcome> installations,
            List<String> problems) {

        static Summary of(DemoFleet fleet, List<UpgradeStatus> ended, List<Verdict> verdicts) {
            List<Outcome> outcomes = new ArrayList<>();
            List<String> problems = new ArrayList<>();
            for (Member member : fleet.members()) {
                UpgradeStatus status = ended.stream()
                        .filter(candidate -> candidate.installation().equals(member.name()))
                        .findFirst()
                        .orElseThrow();
                Verdict verdict = verdicts.stream()
                        .filter(candidate -> candidate.name().equals(member.name()))
                        .findFirst()
                        .orElseThrow();
                outcomes.add(outcome(status, verdict));
                judge(member, status, verdict, problems);
            }
            return new Summary(
                    count(ended, State.COMPLETED),
                    count(ended, State.ROLLED_BACK),
                    count(ended, State.PARKED),
                    verdicts.stream()
                            .mapToLong(verdict -> verdict.rows().acknowledgedCount())
                            .sum(),
                    verdicts.stream()
                            .mapToLong(verdict -> verdict.rows().lostCount())
                            .sum(),
                    outcomes,
                    problems);
        }

        boolean asPromised() {
            return problems.isEmpty();
        }

        private static void judge(Member member, UpgradeStatus status, Verdict verdict, List<String> problems) {
            State state = member.fails() ? State.ROLLED_BACK : State.COMPLETED;
            String version = member.fails() ? DemoFleet.OLD : DemoFleet.NEW;
            if (status.state() != state) {
                problems.add(member.name() + " is " + status.state() + ", not " + state);
            }
            if (!verdict.version().equals(Optional.of(version))) {
                problems.add(member.name() + " runs " + verdict.version().orElse("nothing") + ", not " + version);
            }
            if (!verdict.rows().complete() || verdict.rows().acknowledgedCount() < ROWS_BEFORE) {
                problems.add(member.name() + " has " + verdict.rows());
            }
            if (UpgradeLine.outageOf(status).isEmpty()) {
                problems.add(member.name() + " has no measured downtime");
            }
            verdict.overlaps().forEach(overlap -> problems.add(member.name() + ": " + overlap));
        }

        private static Outcome outcome(UpgradeStatus status, Verdict verdict) {
            Map<String, Long> steps = new LinkedHashMap<>();
            for (StepStatus step : status.steps()) {
                if (step.doMillis() != null) {
                    steps.put(step.step().name(), step.doMillis());
                }
                if (step.undoMillis() != null) {
                    steps.put(step.step() + "_undo", step.undoMillis());
                }
            }
            return new Outcome(
                    status.installation(),
                    status.state().name(),
                    status.from().version(),
                    status.to().version(),
                    verdict.version().orElse("nothing"),
                    UpgradeLine.outageOf(status).map(Duration::toMillis).orElse(null),
                    verdict.rows().acknowledgedCount(),
                    verdict.rows().lostCount(),
                    steps);
        }

        private static int count(List<UpgradeStatus> ended, State state) {
            return (int)
                    ended.stream().filter(status -> status.state() == state).count();
        }
    }
}
