/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.Inspection;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.host.LaunchFile;
import dev.uplift.host.RunningProcess;
import dev.uplift.host.Secrets;
import dev.uplift.standin.StandInServer;
import dev.uplift.swap.SwapEffect;
import dev.uplift.worker.StepOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class SwapPathTest {
    private static final String CANARY = "canary-7f3a9c21d0e84b55";

    @Test
    void upgradeOnPostgresSurvivesADeathAtEveryEffectAndKeepsHowTheApplicationWasStarted() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            StandInServer server = rig.launch(Rig.OLD)
                    .postgres("localhost", postgres.getPort(), "postgres", "postgres", CANARY)
                    .start()
                    .awaitHealthy(Rig.START);
            Rig.setUp(server);
            Inspection.Found found = rig.register();
            assertThat(found.toString()).doesNotContain(CANARY);
            DatabaseSpec.PostgreSql database =
                    (DatabaseSpec.PostgreSql) found.installation().database();
            assertThat(Secrets.resolve(Rig.HOST, String.valueOf(database.passwordRef()))
                            .reveal())
                    .isEqualTo(CANARY);
            RunningProcess before = running(rig);
            Map<String, String> environment = Rig.HOST.processes().environment(before.identity());
            rig.to(Rig.NEW);
            int logged = server.log().length();

            StepOutput.NodesChecked checked = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();
            assertThat(checked.checks()).extracting(Check::verdict).doesNotContain(Check.Verdict.FAIL);
            rig.from(checked.running());
            rig.succeedThoughDying(StepName.STAGE, DO);
            assertThat(Rig.HOST.processes().runs(before.identity())).isTrue();
            assertThat(rig.directory.resolve("metabase.jar")).isRegularFile();
            StepOutput.NodesStopped stopped = (StepOutput.NodesStopped)
                    rig.succeedThoughDying(StepName.STOP, DO).output();
            assertThat(stopped.released()).contains("process " + before.pid(), "sessions on it");
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
            rig.succeedThoughDying(StepName.SWITCH, DO);
            StepOutput.Serving serving = (StepOutput.Serving)
                    rig.succeedThoughDying(StepName.START, DO).output();
            rig.succeedThoughDying(StepName.SCALE, DO);
            rig.succeedThoughDying(StepName.SOAK, DO);
            rig.succeedThoughDying(StepName.COMMIT, DO);

            assertThat(serving.version()).isEqualTo(Rig.NEW);
            assertThat(serving.outageEndedAt()).isAfter(stopped.outageBeganAt());
            assertThat(server.version()).contains(Rig.NEW);
            RunningProcess after = running(rig);
            assertThat(after.argv()).isEqualTo(before.argv());
            assertThat(after.directory()).isEqualTo(before.directory());
            assertThat(after.uid()).isEqualTo(before.uid());
            assertThat(Rig.HOST.processes().environment(after.identity())).isEqualTo(environment);
            assertThat(server.log().substring(logged)).contains("Metabase Initialization COMPLETE");
            assertManagedLayout(rig);
            assertThat(rig.directory.resolve(".uplift/saga.json")).doesNotExist();
            assertThat(rig.reached()).containsAll(effects("stage.", "stop.", "switch.", "start.", "commit.forget"));
        }
    }

    /** Five, because the JDK's client asks twice by itself. */
    @Test
    void stageWaitsForAnArtifactServiceThatIsBeingStartedAgain() throws Exception {
        try (Rig rig = new Rig()) {
            rig.stopped(Rig.OLD, false, Map.of());
            rig.to(Rig.NEW);
            rig.artifactsAway(5);

            rig.succeed(StepName.STAGE, DO);

            assertThat(rig.directory.resolve("releases/" + Rig.release(Rig.NEW).sha256()))
                    .isDirectory();
        }
    }

    @Test
    void failedMigrationComesBackAlthoughEveryStepDiesAtEveryEffect() throws Exception {
        try (Rig rig = new Rig()) {
            StandInServer.Launch launch =
                    rig.launch(Rig.OLD).faults("migration-fails@51").env("MY_TOKEN", CANARY);
            boolean root = System.getProperty("user.name").equals("root");
            StandInServer server =
                    (root ? launch.asUser("nobody") : launch).start().awaitHealthy(Rig.START);
            Rig.setUp(server);
            rig.register();
            RunningProcess before = running(rig);
            Map<String, String> environment = Rig.HOST.processes().environment(before.identity());
            String jarBefore = Rig.release(Rig.OLD).sha256();
            rig.to(Rig.NEW);
            rig.from(((StepOutput.NodesChecked)
                            rig.succeed(StepName.PREFLIGHT, DO).output())
                    .running());
            rig.succeed(StepName.STAGE, DO);
            rig.succeed(StepName.STOP, DO);
            Path data = rig.directory.resolve("metabase.db.mv.db");
            Path backup = rig.directory.resolve("backup");
            Files.copy(data, backup, StandardCopyOption.COPY_ATTRIBUTES);
            Path plugin = Files.writeString(rig.directory.resolve("plugins/own.jar"), "old");
            rig.succeed(StepName.SWITCH, DO);
            Files.writeString(plugin, "changed by the new version");

            StepOutcome.Failed failed = rig.fail(StepName.START, DO);
            assertThat(failed.code()).isEqualTo(ErrorCode.EXITED);
            assertThat(failed.detail())
                    .contains("Metabase Initialization FAILED")
                    .doesNotContain(CANARY);
            StepOutcome.Failed again = rig.fail(StepName.START, DO);
            assertThat(again.code()).isEqualTo(ErrorCode.EXITED);

            rig.epoch++;
            rig.succeedThoughDying(StepName.START, UNDO);
            rig.succeedThoughDying(StepName.SWITCH, UNDO);
            Files.move(backup, data, StandardCopyOption.REPLACE_EXISTING);
            chown(data, before.uid());
            StepOutput.Serving serving = (StepOutput.Serving)
                    rig.succeedThoughDying(StepName.STOP, UNDO).output();
            rig.succeedThoughDying(StepName.STAGE, UNDO);

            assertThat(serving.version()).isEqualTo(Rig.OLD);
            assertThat(server.version()).contains(Rig.OLD);
            RunningProcess after = running(rig);
            assertThat(after.argv()).isEqualTo(before.argv());
            assertThat(after.uid()).isEqualTo(before.uid());
            assertThat(after.gid()).isEqualTo(before.gid());
            assertThat(Rig.HOST.processes().environment(after.identity())).isEqualTo(environment);
            assertThat(plugin).hasContent("old");
            assertThat(Files.getAttribute(plugin, "unix:uid")).isEqualTo(0);
            assertThat(rig.directory.resolve("releases/" + Rig.release(Rig.NEW).sha256()))
                    .doesNotExist();
            assertThat(rig.directory.resolve("metabase.jar").toRealPath())
                    .isEqualTo(rig.directory.resolve("releases/" + jarBefore + "/metabase.jar"));
            assertThat(rig.directory.resolve(".uplift/snapshots")).doesNotExist();
            assertThat(rig.directory.resolve(".uplift/saga.json")).doesNotExist();
            assertThat(rig.reached()).containsAll(effects("revert.", "resume.", "unstage."));
        }
    }

    private static RunningProcess running(Rig rig) throws Exception {
        List<RunningProcess> running = Rig.HOST.processes().runningJarsIn(rig.directory);
        assertThat(running).hasSize(1);
        return running.getFirst();
    }

    private static void assertManagedLayout(Rig rig) throws Exception {
        Path jar = rig.directory.resolve("metabase.jar");
        assertThat(Files.readSymbolicLink(jar)).isEqualTo(Path.of("current/metabase.jar"));
        assertThat(Files.readSymbolicLink(rig.directory.resolve("current")))
                .isEqualTo(Path.of("releases", Rig.release(Rig.NEW).sha256()));
        Path old = rig.directory.resolve("releases/" + Rig.release(Rig.OLD).sha256() + "/metabase.jar");
        assertThat(old).hasSameBinaryContentAs(Rig.release(Rig.OLD).jar());
        assertThat(Files.isRegularFile(old, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(LaunchFile.of(rig.directory)).exists();
    }

    private static void chown(Path file, long uid) throws Exception {
        if (!Files.getAttribute(file, "unix:uid").equals((int) uid)) {
            Files.setAttribute(file, "unix:uid", (int) uid);
        }
    }

    private static List<String> effects(String... prefixes) {
        List<String> names = new ArrayList<>();
        for (String effect : SwapEffect.names()) {
            boolean rare =
                    Set.of("kill", "autostart", "disturbed").contains(effect.substring(effect.lastIndexOf('.') + 1));
            if (!rare && Arrays.stream(prefixes).anyMatch(prefix -> effect.startsWith("swap." + prefix))) {
                names.add(effect);
            }
        }
        return names;
    }
}
