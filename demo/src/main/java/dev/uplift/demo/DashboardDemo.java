/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.demo;

import dev.uplift.cli.Api;
import dev.uplift.cli.CommandFailedException;
import dev.uplift.cli.Demo;
import dev.uplift.cli.ExitCode;
import dev.uplift.cli.Follower;
import dev.uplift.cli.Format;
import dev.uplift.cli.Output;
import dev.uplift.cli.Poll;
import dev.uplift.cli.Registration;
import dev.uplift.cli.StandaloneProcess;
import dev.uplift.contract.Message;
import dev.uplift.contract.MessageType;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.WireCodec;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.contract.api.StandaloneStatus;
import dev.uplift.demo.DemoFleet.Member;
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
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Three stand-in dashboards, upgraded by one event, and counted afterwards. All of it is in a directory of its own, which
 * is left only if it is asked for or something went wrong.
 */
public final class DashboardDemo implements Demo {
    private static final int FIRST_PORT = 8480;
    private static final int LAST_PORT = 9480;
    private static final int PORTS = 7;
    private static final Duration TRIGGER_MAX = Duration.ofSeconds(60);
    private static final Duration DELETE_MAX = Duration.ofSeconds(20);
    private static final StepLimits LIMITS =
            new StepLimits(Duration.ofMinutes(2), Duration.ofMinutes(5), Duration.ofSeconds(3), Duration.ofSeconds(45));

    @Override
    public int show(Output output, boolean keep) throws Exception {
        try (Interruption interruption = new Interruption()) {
            return show(output, keep, interruption);
        }
    }

    private static int show(Output output, boolean keep, Interruption interruption) throws Exception {
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
        return conclude(output, keep, home, fleet, Objects.requireNonNull(summary), begun);
    }

    /** Says what came of it, and leaves or deletes the directory. */
    private static int conclude(Output output, boolean keep, Path home, DemoFleet fleet, Summary summary, Instant begun)
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
            Registration.ofInstallation(
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
                        .allMatch(member -> member.writer().acknowledgedCount() >= DemoFleet.ROWS_BEFORE));
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
        for (Summary.Outcome outcome : summary.installations()) {
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
        for (Summary.Outcome outcome : summary.installations()) {
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
}
