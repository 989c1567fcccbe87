/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.uplift.contract.InstallationStatus;
import dev.uplift.contract.ServiceName;
import dev.uplift.contract.StepName;
import dev.uplift.contract.Topics;
import dev.uplift.contract.UpgradeRequested;
import dev.uplift.contract.UpgradeStatus;
import dev.uplift.contract.UpgradeStatus.State;
import dev.uplift.contract.UpgradeStatus.StepStatus;
import dev.uplift.contract.api.AcceptedSagas;
import dev.uplift.contract.api.RegisterInstallation;
import dev.uplift.messaging.testing.KafkaBroker;
import dev.uplift.standin.StandInReleases;
import dev.uplift.standin.StandInReleases.StandInRelease;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Two replicas of the orchestrator and of the artifact-service on a real Kafka and a real PostgreSQL, with a fleet that is
 * upgraded while something is struck. The other workers are {@linkplain PlayedWorkers played}. Whatever is struck, each
 * upgrade ends as if nothing had been: every transition once and in order, every command once, nothing left over.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplicasIT {
    private static final int FLEET = 50;
    private static final Duration AWAY = Duration.ofMinutes(2);
    private static final Duration ASKED_MAX = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofMinutes(2);
    private static final Duration END_MAX = Duration.ofMinutes(5);

    private final AtomicInteger downloads = new AtomicInteger();
    private Path home;
    private HttpServer server;
    private KafkaBroker kafka;
    private OwnPostgres postgres;
    private PlayedWorkers workers;
    private Wire wire;
    private List<Replica> orchestrators;
    private List<Replica> artifacts;
    private int release;
    private Poison poison;

    @BeforeAll
    void startAll() throws IOException, SQLException {
        home = Files.createTempDirectory("uplift-replicas-");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", SimpleFileServer.createFileHandler(Files.createDirectory(home.resolve("downloads"))))
                .getFilters()
                .add(Filter.beforeHandler("counts", _ -> downloads.incrementAndGet()));
        server.start();
        kafka = KafkaBroker.start();
        postgres = OwnPostgres.start(home.resolve("postgres"));
        postgres.create("orchestrator");
        postgres.create("artifact");
        orchestrators = replicas("orchestrator", "orchestrator");
        artifacts = replicas("artifact", "artifact-service");
        all().forEach(Replica::start);
        all().forEach(Replica::awaitReady);
        Properties client = new Properties();
        client.put("bootstrap.servers", kafka.bootstrapServers());
        workers = new PlayedWorkers(client);
        wire = new Wire(client, List.of("orchestrator", "artifact"), postgres::connect);
        poison = new Poison(wire);
        register();
    }

    @AfterAll
    void stopAll() throws IOException {
        all().forEach(Replica::close);
        workers.close();
        wire.close();
        postgres.close();
        kafka.close();
        server.stop(0);
        for (String bulky : List.of("postgres", "downloads", "home")) {
            Product.deleteAll(home.resolve(bulky));
        }
    }

    private List<Replica> replicas(String service, String module) {
        return IntStream.rangeClosed(1, 2)
                .mapToObj(number -> service + "-" + number)
                .map(name -> new Replica(
                        service,
                        module,
                        name,
                        home.resolve(name),
                        Map.of(
                                "UPLIFT_HOME",
                                home.resolve("home").toString(),
                                "UPLIFT_DATABASE_URL",
                                postgres.url(service),
                                "UPLIFT_DATABASE_USER",
                                "postgres",
                                "UPLIFT_DATABASE_PASSWORD",
                                "unused",
                                "UPLIFT_KAFKA_BOOTSTRAP_SERVERS",
                                kafka.bootstrapServers(),
                                "UPLIFT_ARTIFACT_ALLOWED_ORIGINS",
                                "http://127.0.0.1:*",
                                // None waits for another.
                                "UPLIFT_SAGA_OUTAGES_MAX",
                                String.valueOf(FLEET))))
                .toList();
    }

    private void register() {
        Rest rest = orchestrators.getFirst().rest();
        List<String> names =
                IntStream.range(0, FLEET).mapToObj(i -> "fleet-" + i).toList();
        names.forEach(name -> rest.register(new RegisterInstallation(name, "metabase", null, null, "/srv/" + name)));
        Awaitility.await("the registrations")
                .atMost(SOON)
                .until(() -> names.stream()
                        .allMatch(name -> rest.installation(name).state() == InstallationStatus.State.READY));
    }

    @BeforeEach
    void bothReadAndAllIsWell() {
        awaitReaders(orchestrators);
        awaitUp();
    }

    @Test
    void aReplicaThatJoinsInTheMiddleOfABatchTakesNothingTwice() throws Exception {
        Replica first = orchestrators.getFirst();
        Replica second = orchestrators.getLast();
        second.stop();
        awaitReaders(List.of(first));
        List<UUID> upgrades = beginAndHold(first, StepName.STAGE);
        holdInABatch(first);

        second.start();
        awaitReaders(orchestrators);
        first.letGo();

        second.awaitReady();
        assertWentAsIfNothingHadBeen(upgrades);
    }

    /** Its partitions are another's when it goes on, with a transaction that it has not committed yet. */
    @Test
    @Tag("night")
    void aReplicaThatIsPausedPastItsSessionInABatchTakesNothingTwice() throws Exception {
        Replica first = orchestrators.getFirst();
        List<UUID> upgrades = beginAndHold(first, StepName.STAGE);
        holdInABatch(first);

        first.pause();
        awaitReaders(List.of(orchestrators.getLast()));
        first.letGo();
        first.goOn();

        assertWentAsIfNothingHadBeen(upgrades);
    }

    /** It goes away while a transaction is about to be committed: nobody is told whether it was. */
    @Test
    @Tag("night")
    void aDatabaseThatIsAwayIsWaitedFor() throws Exception {
        Replica first = orchestrators.getFirst();
        List<UUID> upgrades = beginAndHold(first, StepName.STAGE);
        holdInABatch(first);

        postgres.crash();
        first.letGo();

        assertForAWhile(() -> assertThat(all()).allSatisfy(replica -> {
            assertThat(replica.live().up()).isTrue();
            assertThat(replica.live().part("relay")).contains(Replica.WAITS);
            assertThat(replica.ready().status()).isEqualTo(503);
        }));
        postgres.startAgain();
        assertWentAsIfNothingHadBeen(upgrades);
    }

    /** It goes away between a commit and its acknowledgement. */
    @Test
    @Tag("night")
    void aBrokerThatIsAwayIsWaitedFor() throws Exception {
        Replica first = orchestrators.getFirst();
        List<UUID> upgrades = beginAndHold(first, StepName.STAGE);
        first.holdAt("orchestrator.offsets.commit:BEFORE:1");
        workers.release();
        first.awaitHeld(SOON);

        kafka.kill();
        first.letGo();

        assertForAWhile(() -> {
            assertThat(all()).allSatisfy(replica -> {
                assertThat(replica.live().up()).isTrue();
                assertThat(replica.live().body()).contains(Replica.HEARS_NOTHING);
                assertThat(replica.ready().up()).isTrue();
            });
            // Of two relays one has something to send.
            assertThat(orchestrators)
                    .anySatisfy(
                            replica -> assertThat(replica.live().part("relay")).contains(Replica.WAITS));
        });
        kafka.restart();
        assertWentAsIfNothingHadBeen(upgrades);
    }

    @Test
    void poisonBetweenGoodMessagesIsSetAsideAndNothingElse() throws Exception {
        // The next step is one of the artifact-service.
        List<UUID> upgrades = beginAndHold(orchestrators.getFirst(), StepName.PREFLIGHT_DATABASE);
        AtomicInteger count = new AtomicInteger();
        workers.release(command -> {
            if (count.getAndIncrement() % 8 == 0) {
                String key = command.installation().id().toString();
                poison.send(Topics.results(command.step().service()), key);
                poison.send(Topics.commands(ServiceName.ARTIFACT, Topics.DEFAULT_SITE), key);
            }
        });

        assertWentAsIfNothingHadBeen(upgrades);
    }

    @Test
    void replicasThatAreKilledInTurnLoseNothing() throws Exception {
        artifacts.getFirst().arm("artifact.batch.commit:AFTER:1");
        artifacts.getLast().arm("artifact.reply.commit:BEFORE:1");
        List<UUID> upgrades = beginAndHold(orchestrators.getFirst(), StepName.PREFLIGHT_DATABASE);
        killBoth(
                "orchestrator.batch.commit:AFTER:1",
                () -> {
                    workers.releaseAndHold(StepName.STOP);
                    for (Replica artifact : artifacts) {
                        artifact.awaitKilled(SOON);
                        artifact.start();
                    }
                },
                "orchestrator.batch.commit:BEFORE:1");
        assertWentAsIfNothingHadBeen(upgrades, 1 + artifacts.size());

        upgrades = beginAndHold(orchestrators.getFirst(), StepName.PREFLIGHT_DATABASE);
        killBoth(
                "orchestrator.offsets.commit:AFTER:1",
                () -> workers.releaseAndHold(StepName.STOP),
                "orchestrator.offsets.commit:BEFORE:1");
        assertWentAsIfNothingHadBeen(upgrades);
    }

    /**
     * Kills one before the upgrades stop their installations, and the other after that. Each time at least two services
     * answer: a replica reads the half of all partitions, and these may be without any of one service.
     */
    private void killBoth(String at, Runnable untilStop, String afterStop) {
        Replica first = orchestrators.getFirst();
        first.arm(at);
        untilStop.run();
        startAgain(first);
        workers.awaitHeld(FLEET);
        Replica second = orchestrators.getLast();
        second.arm(afterStop);
        workers.release();
        startAgain(second);
    }

    private static void startAgain(Replica killed) {
        killed.awaitKilled(SOON);
        killed.start();
        killed.awaitReady();
    }

    /** All wait for the answers to this step when this returns. */
    private List<UUID> beginAndHold(Replica asked, StepName step) {
        workers.hold(step);
        List<UUID> upgrades = begin(asked);
        workers.awaitHeld(FLEET);
        return upgrades;
    }

    private List<UUID> begin(Replica asked) {
        downloads.set(0);
        String tag = "v0.51." + ++release;
        StandInRelease target = StandInReleases.stamp(home.resolve("downloads"), tag);
        AcceptedSagas sagas = asked.rest()
                .upgrade(new UpgradeRequested(
                        UUID.randomUUID(),
                        null,
                        IntStream.range(0, FLEET).mapToObj(i -> "fleet-" + i).toList(),
                        tag,
                        null,
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + tag + "/"
                                + target.jar().getFileName()),
                        target.sha256(),
                        null));
        assertThat(sagas.accepted()).as("%s", sagas).hasSize(FLEET);
        return sagas.accepted().stream().map(AcceptedSagas.Accepted::upgradeId).toList();
    }

    /** The answers come, and the replica stands in the middle of a batch of them when this returns. */
    private void holdInABatch(Replica replica) {
        replica.holdAt("orchestrator.batch.commit:BEFORE:1");
        workers.release();
        replica.awaitHeld(SOON);
    }

    /** Waits until it is so, and then it stays so while something is away. */
    private static void assertForAWhile(ThrowingRunnable said) {
        Awaitility.await("what is said while it is away").atMost(SOON).untilAsserted(said);
        Awaitility.await("what is said while it is away")
                .during(AWAY)
                .atMost(AWAY.plus(ASKED_MAX))
                .pollInterval(Duration.ofSeconds(1))
                .untilAsserted(said);
    }

    private void awaitReaders(List<Replica> expected) {
        Set<String> names =
                expected.stream().map(replica -> "uplift-" + replica.name()).collect(Collectors.toSet());
        Awaitility.await("the results to be shared out among " + names)
                .atMost(SOON)
                .until(() -> wire.readers("uplift.orchestrator.results"), names::equals);
    }

    private void awaitUp() {
        all().forEach(Replica::awaitReady);
    }

    private Stream<Replica> all() {
        return Stream.concat(orchestrators.stream(), artifacts.stream());
    }

    private void assertWentAsIfNothingHadBeen(List<UUID> upgrades) throws Exception {
        assertWentAsIfNothingHadBeen(upgrades, 1);
    }

    /** @param downloadsMax how often the release may have been fetched */
    private void assertWentAsIfNothingHadBeen(List<UUID> upgrades, int downloadsMax) throws Exception {
        awaitUp();
        awaitReaders(orchestrators);
        Rest rest = orchestrators.getFirst().rest();
        Map<UUID, UpgradeStatus> ended = Awaitility.await("the ends of the upgrades")
                .atMost(END_MAX)
                .until(
                        () -> upgrades.stream().collect(Collectors.toMap(upgrade -> upgrade, rest::upgrade)),
                        statuses -> statuses.values().stream().noneMatch(status -> status.state() == State.RUNNING));
        assertThat(ended.values()).allSatisfy(status -> {
            assertThat(status.state()).isEqualTo(State.COMPLETED);
            assertThat(status.steps()).extracting(StepStatus::attempt).containsOnly(1);
        });
        wire.awaitTaken();
        try (Connection orchestrator = postgres.connect("orchestrator")) {
            UpgradeHistory history = new UpgradeHistory(orchestrator);
            ended.values().forEach(history::assertStraightToItsEnd);
            history.assertTold(wire, ended.keySet());
        }
        UpgradeHistory.assertCommandedOnceAndInOrder(wire, ended);
        assertThat(fetched(upgrades)).isEqualTo(FLEET);
        assertThat(downloads).hasValueLessThanOrEqualTo(downloadsMax);
        assertThat(wire.read(wire.all().stream()
                        .filter(topic -> topic.endsWith(".dlq"))
                        .toList()))
                .hasSize(poison.sentCount());
        assertThat(count("orchestrator", "SELECT count(*) FROM incident")).isEqualTo(poison.sentCount());
    }

    /** How many commands of these upgrades the artifact-service has taken, each of them once. */
    private long fetched(List<UUID> upgrades) throws SQLException {
        String sagas = upgrades.stream().map(upgrade -> "'" + upgrade + "'").collect(Collectors.joining(","));
        return count(
                "artifact",
                "SELECT count(*) FROM work WHERE finished_at IS NOT NULL AND body::jsonb->>'sagaId' IN (" + sagas
                        + ")");
    }

    private long count(String database, String query) throws SQLException {
        try (Connection connection = postgres.connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
