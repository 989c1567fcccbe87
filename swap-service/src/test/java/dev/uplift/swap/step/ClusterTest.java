/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.NodeFailure;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepLimits;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.messaging.CrashPoints;
import dev.uplift.standin.StandInServer;
import dev.uplift.swap.node.SagaState;
import dev.uplift.worker.StepOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Enumeration;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two nodes on one database take every step together. */
class ClusterTest {
    private static final String NEXT = "v0.52.1";

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void serve() throws IOException {
        postgres = EmbeddedPostgres.builder().start();
    }

    @AfterAll
    static void serveNoMore() throws IOException {
        postgres.close();
    }

    @Test
    void allNodesAreUpgradedAndOneMigrates() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            StandInServer first = start(rig, "upgraded", "");
            StandInServer second = start(other, "upgraded", "");
            rig.join(other.directory, rig.register().running());
            rig.to(Rig.NEW);

            StepOutput.NodesChecked checked = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();
            rig.from(checked.running());
            for (StepName step : new StepName[] {StepName.STAGE, StepName.STOP, StepName.SWITCH}) {
                rig.succeed(step, DO);
            }
            assertThat(StandInServer.runningIn(other.directory)).isEmpty();
            rig.succeed(StepName.START, DO);
            assertThat(StandInServer.runningIn(other.directory)).isEmpty();
            rig.succeedThoughDying(StepName.SCALE, DO);
            rig.succeed(StepName.SOAK, DO);
            rig.succeed(StepName.COMMIT, DO);

            assertThat(checked.running().sha256())
                    .isEqualTo(Rig.release(Rig.OLD).sha256());
            assertThat(first.version()).contains(Rig.NEW);
            assertThat(second.version()).contains(Rig.NEW);
        }
    }

    @Test
    void aNodeThatIsStartedAnewWhileAnotherIsStoppedIsSeenOnItsDatabaseAgain() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            start(rig, "elsewhere", "").stop();
            start(rig, "proven", "");
            StandInServer second = start(other, "proven", "");
            rig.join(other.directory, rig.register().running());
            rig.to(Rig.NEW);
            preflight(rig);
            rig.succeed(StepName.STAGE, DO);

            StepOutcome outcome = rig.take(StepName.STOP, DO, (effect, moment) -> {
                if (effect.equals("swap.stop.terminate") && moment == CrashPoints.Moment.BEFORE) {
                    movedElsewhere(other, second, "proven");
                }
            });

            assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
                assertThat(failed.code()).isEqualTo(ErrorCode.PREFLIGHT_REFUSED);
                assertThat(failed.detail())
                        .startsWith("node node-2 was not stopped, because nothing shows")
                        .contains("on elsewhere of the same server");
            });
            assertThat(StandInServer.runningIn(other.directory)).hasSize(1);
        }
    }

    @Tag("night")
    @Test
    void aNodeThatEndsWhileItIsLookedAtAgainWasStoppedBySomebodyElse() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            start(rig, "elsewhere", "").stop();
            start(rig, "ended", "");
            StandInServer second = start(other, "ended", "");
            rig.join(other.directory, rig.register().running());
            InstallationSpec both = rig.command(StepName.STOP, DO).installation();
            rig.installed(both.withDatabaseAssumedFor(both.nodes().getLast()));
            rig.to(Rig.NEW);
            preflight(rig);
            rig.succeed(StepName.STAGE, DO);

            StepOutcome outcome = rig.take(StepName.STOP, DO, (effect, moment) -> {
                if (effect.equals("swap.stop.terminate") && moment == CrashPoints.Moment.BEFORE) {
                    StandInServer anew = movedElsewhere(other, second, "ended");
                    Thread.ofPlatform().start(() -> {
                        await().atMost(Rig.START)
                                .pollInterval(Duration.ofMillis(2))
                                .until(() -> isLookedAt("ended"));
                        anew.stop();
                    });
                }
            });

            assertThat(outcome).isInstanceOfSatisfying(StepOutcome.Failed.class, failed -> {
                assertThat(failed.code()).isEqualTo(ErrorCode.INTERFERED);
                assertThat(failed.detail()).contains(other.directory + " was stopped by somebody else");
            });
            assertThat(SagaState.read(Rig.HOST, other.directory)).isEmpty();
        }
    }

    private static boolean isLookedAt(String database) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT 1 FROM pg_stat_activity"
                        + " WHERE application_name = 'uplift-swap' AND datname = '" + database + "'")) {
            return found.next();
        }
    }

    /** By a file, which nobody reads: its command line and its environment stay. */
    private static StandInServer movedElsewhere(Rig rig, StandInServer server, String database) {
        try {
            server.stop();
            Files.writeString(rig.directory.resolve("standin.properties"), "MB_DB_DBNAME=elsewhere\n");
            return rig.launch(Rig.OLD)
                    .port(server.port())
                    .postgres("localhost", postgres.getPort(), database, "postgres", "postgres")
                    .faults("")
                    .start()
                    .awaitHealthy(Rig.START);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aNodeThatDoesNotStartIsNamedAndAllAreStoppedAgain() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            start(rig, "broken", "");
            start(other, "broken", "exits-at-start@51");
            rig.join(other.directory, rig.register().running());
            rig.to(Rig.NEW);
            rig.from(((StepOutput.NodesChecked)
                            rig.succeed(StepName.PREFLIGHT, DO).output())
                    .running());
            for (StepName step : new StepName[] {StepName.STAGE, StepName.STOP, StepName.SWITCH, StepName.START}) {
                rig.succeed(step, DO);
            }

            StepOutcome.Failed failed = rig.fail(StepName.SCALE, DO);

            assertThat(failed.code()).isEqualTo(ErrorCode.EXITED);
            assertThat(failed.detail()).startsWith("node-2: ");
            rig.epoch++;
            rig.succeed(StepName.SCALE, UNDO);
            rig.succeed(StepName.START, UNDO);
            rig.succeed(StepName.SWITCH, UNDO);
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
            assertThat(StandInServer.runningIn(other.directory)).isEmpty();
            for (Path directory : new Path[] {rig.directory, other.directory}) {
                assertThat(Rig.HOST
                                .files()
                                .digest(directory.resolve("metabase.jar"))
                                .sha256())
                        .isEqualTo(Rig.release(Rig.OLD).sha256());
            }
        }
    }

    @Test
    void aNodeThatDoesNotStartIsLeftOutWhereTheUpgradeMayFinishWithoutIt() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            StandInServer first = start(rig, "limping", "");
            start(other, "limping", "exits-at-start@51");

            StepOutput.NodesLeftOut left = withoutTheOther(rig, other);

            assertThat(left.nodes()).singleElement().satisfies(node -> {
                assertThat(node.node()).isEqualTo("node-2");
                assertThat(node.detail()).startsWith("it ended while it started");
                assertThat(node.code()).isEqualTo(ErrorCode.EXITED);
            });
            assertThat(rig.reached()).contains("swap.scale.leave");
            assertThat(first.version()).contains(Rig.NEW);
            assertThat(StandInServer.runningIn(other.directory)).isEmpty();
            assertThat(inPlace(other))
                    .as("whoever starts it starts what the others run")
                    .isEqualTo(Rig.release(Rig.NEW).sha256());
        }
    }

    @Tag("night")
    @Test
    void aNodeThatWasLeftOutIsBroughtBackByTheNextUpgrade() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            StandInServer first = start(rig, "mended", "");
            StandInServer second = start(other, "mended", "exits-at-start@51");
            withoutTheOther(rig, other);
            rig.next(NEXT);

            StepOutput.NodesChecked checked = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();
            assertThat(checked.checks())
                    .filteredOn(check -> check.name().equals("left-out"))
                    .singleElement()
                    .satisfies(check -> assertThat(check.detail()).contains("node-2"));
            rig.from(checked.running());
            rig.succeed(StepName.STAGE, DO);
            rig.succeedThoughDying(StepName.STOP, DO);
            rig.succeed(StepName.SWITCH, DO);
            rig.succeed(StepName.START, DO);
            rig.succeedThoughDying(StepName.SCALE, DO);
            rig.succeed(StepName.SOAK, DO);
            rig.succeedThoughDying(StepName.COMMIT, DO);

            assertThat(first.version()).contains(NEXT);
            assertThat(second.version()).contains(NEXT);
            assertThat(SagaState.read(Rig.HOST, other.directory)).isEmpty();
        }
    }

    @Tag("night")
    @Test
    void aWayBackDoesNotWantANodeThatWasLeftOutBefore() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            StandInServer first = start(rig, "stopped", "exits-at-start@52");
            start(other, "stopped", "exits-at-start@51");
            withoutTheOther(rig, other);
            rig.next(NEXT);
            preflight(rig);
            for (StepName step : new StepName[] {StepName.STAGE, StepName.STOP, StepName.SWITCH}) {
                rig.succeed(step, DO);
            }
            rig.fail(StepName.START, DO);

            rig.epoch++;
            rig.succeed(StepName.START, UNDO);
            rig.succeed(StepName.SWITCH, UNDO);
            rig.succeedThoughDying(StepName.STOP, UNDO);
            rig.succeed(StepName.STAGE, UNDO);

            assertThat(first.version()).contains(Rig.NEW);
            assertThat(StandInServer.runningIn(other.directory)).isEmpty();
            assertThat(inPlace(other)).isEqualTo(Rig.release(Rig.NEW).sha256());
            assertThat(SagaState.read(Rig.HOST, other.directory))
                    .as("it is left out still")
                    .hasValueSatisfying(state -> assertThat(state.leftOut()).isNotNull());
        }
    }

    /** An upgrade to {@link Rig#NEW} that finishes without what runs in the other directory. */
    private static StepOutput.NodesLeftOut withoutTheOther(Rig rig, Rig other) throws Exception {
        rig.join(other.directory, rig.register().running());
        rig.to(Rig.NEW);
        rig.limits = new StepLimits(
                rig.limits.progressDeadline(),
                rig.limits.healthyDeadline(),
                rig.limits.minHealthyTime(),
                rig.limits.stopGrace(),
                NodeFailure.FINISH_WITHOUT,
                null);
        preflight(rig);
        for (StepName step : new StepName[] {StepName.STAGE, StepName.STOP, StepName.SWITCH, StepName.START}) {
            rig.succeed(step, DO);
        }
        StepOutput.NodesLeftOut left = (StepOutput.NodesLeftOut)
                rig.succeedThoughDying(StepName.SCALE, DO).output();
        rig.succeed(StepName.SOAK, DO);
        rig.succeedThoughDying(StepName.COMMIT, DO);
        return left;
    }

    private static void preflight(Rig rig) throws Exception {
        rig.from(((StepOutput.NodesChecked) rig.succeed(StepName.PREFLIGHT, DO).output()).running());
    }

    private static String inPlace(Rig rig) throws IOException {
        return Rig.HOST.files().digest(rig.directory.resolve("metabase.jar")).sha256();
    }

    @Test
    void nodesOfOneKindThatRunAnotherBuildOfTheVersionAreRefused() throws Exception {
        try (Rig rig = new Rig();
                Rig other = new Rig()) {
            start(rig, "builds", "");
            Path rebuilt = other.directory.resolve("rebuilt.jar");
            copy(Rig.release(Rig.OLD).jar(), rebuilt);
            Rig.setUp(other.launch(Rig.OLD)
                    .jar(rebuilt)
                    .postgres("localhost", postgres.getPort(), "builds", "postgres", "postgres")
                    .start()
                    .awaitHealthy(Rig.START));
            Release running = rig.register().running();
            rig.join(other.directory, new Release(running.version(), running.edition(), null, null));
            rig.to(Rig.NEW);

            StepOutcome.Failed refused = rig.fail(StepName.PREFLIGHT, DO);

            assertThat(refused.code()).isEqualTo(ErrorCode.VERSION_UNEXPECTED);
            assertThat(refused.detail()).contains("node node-2 runs another JAR", "node node-1", running.sha256());
        }
    }

    private static StandInServer start(Rig rig, String database, String faults) throws Exception {
        try (var connection = postgres.getPostgresDatabase().getConnection();
                var statement = connection.createStatement();
                var found = statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + database + "'")) {
            if (!found.next()) {
                try (var create = connection.createStatement()) {
                    create.execute("CREATE DATABASE " + database);
                }
            }
        }
        StandInServer server = rig.launch(Rig.OLD)
                .postgres("localhost", postgres.getPort(), database, "postgres", "postgres")
                .faults(faults)
                .start()
                .awaitHealthy(Rig.START);
        Rig.setUp(server);
        return server;
    }

    /** The same entries in another file. */
    private static void copy(Path jar, Path to) throws IOException {
        try (JarFile from = new JarFile(jar.toFile());
                OutputStream file = Files.newOutputStream(to);
                JarOutputStream copy = new JarOutputStream(file)) {
            for (Enumeration<JarEntry> entries = from.entries(); entries.hasMoreElements(); ) {
                JarEntry entry = entries.nextElement();
                copy.putNextEntry(new JarEntry(entry.getName()));
                from.getInputStream(entry).transferTo(copy);
            }
            copy.setComment("built again");
        }
    }
}
