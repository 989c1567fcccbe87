/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static dev.uplift.contract.Direction.UNDO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Backup;
import dev.uplift.contract.MigratedData;
import dev.uplift.contract.Release;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.standin.StandInLedger;
import dev.uplift.standin.StandInServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The way back that keeps what the new version has taken in. */
@Execution(ExecutionMode.CONCURRENT)
class MigrateDownTest {
    private static final Backup BACKUP =
            new Backup(new UUID(7, 7), "hash", 1, new Release(Rig.NEW, null, null, null), Instant.EPOCH);
    private static final MigratedData SECURED = new MigratedData(true, BACKUP, false);

    @Test
    void keepsWhatTheNewVersionTookInAlthoughTheStepDiesAtEveryEffect() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            StandInServer server = upgradedAndTakenBackToTheSwitch(rig, postgres, "");
            rig.migrated = SECURED;

            StepOutput.MigratedDown down = takenDown(rig);

            assertThat(down.kept()).as(down.detail()).isTrue();
            assertThat(server.version()).contains(Rig.OLD);
            rig.succeedThoughDying(StepName.STOP, UNDO);
            assertThat(server.version()).contains(Rig.OLD);
            assertThat(server.get("/api/rows?writer=new"))
                    .hasValueSatisfying(
                            rows -> assertThat(rows.json().path("max").asLong()).isOne());
            assertThat(StandInServer.runningIn(rig.directory)).hasSize(1);
        }
    }

    @Test
    void commandThatSaysItWorkedAndDidNothingLeavesNothingRunning() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            upgradedAndTakenBackToTheSwitch(rig, postgres, "down-without-effect");
            rig.migrated = SECURED;

            StepOutput.MigratedDown down = takenDown(rig);

            assertThat(down.kept()).isFalse();
            assertThat(down.detail()).contains("of major 51").contains("not of 50");
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
        }
    }

    /** The major of the data in an H2 file cannot be asked: the old version says it. */
    @Test
    void oldVersionThatDoesNotServeOnTheDataIsEnded() throws Exception {
        try (Rig rig = new Rig()) {
            upgradedAndTakenBackToTheSwitch(rig, null, "down-without-effect");
            rig.migrated = SECURED;

            StepOutput.MigratedDown down = (StepOutput.MigratedDown)
                    rig.succeed(StepName.MIGRATE_DOWN, UNDO).output();

            assertThat(down.kept()).isFalse();
            assertThat(down.detail()).contains(Rig.OLD + " does not serve").contains("Downgrade detected");
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
        }
    }

    @Test
    void newVersionThatIsNotThereAnyMoreCannotMigrateDown() throws Exception {
        try (Rig rig = new Rig()) {
            upgradedAndTakenBackToTheSwitch(rig, null, "");
            Files.delete(rig.directory
                    .resolve("releases")
                    .resolve(Rig.release(Rig.NEW).sha256())
                    .resolve("metabase.jar"));
            rig.migrated = SECURED;

            StepOutput.MigratedDown down = takenDown(rig);

            assertThat(down.kept()).isFalse();
            assertThat(down.detail()).contains("is not in " + rig.directory + " any more");
            assertThat(StandInServer.runningIn(rig.directory)).isEmpty();
        }
    }

    @Test
    void nothingIsMigratedDownWithoutABackupOfWhatThereIsNorIfNothingWasTakenIn() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            StandInServer server = upgradedAndTakenBackToTheSwitch(rig, postgres, "");

            rig.migrated = new MigratedData(true, null, false);
            assertThat(takenDown(rig).kept()).isFalse();
            rig.migrated = new MigratedData(false, BACKUP, false);
            assertThat(takenDown(rig).kept()).isFalse();

            assertThat(rig.reached()).doesNotContain("swap.command.run");
            assertThat(StandInLedger.read(server.ledger()).toString()).doesNotContain("migrate down");
        }
    }

    private static StepOutput.MigratedDown takenDown(Rig rig) throws Exception {
        return (StepOutput.MigratedDown)
                rig.succeedThoughDying(StepName.MIGRATE_DOWN, UNDO).output();
    }

    /** The new version has served and taken something in; it is stopped, and the old one is in place again. */
    private static StandInServer upgradedAndTakenBackToTheSwitch(
            Rig rig, @Nullable EmbeddedPostgres postgres, String faults) throws Exception {
        StandInServer.Launch old = rig.launch(Rig.OLD).faults(faults);
        if (postgres != null) {
            old.postgres("localhost", postgres.getPort(), "postgres", "postgres", "postgres");
        }
        StandInServer server = old.start().awaitHealthy(Rig.START);
        Rig.setUp(server);
        rig.register();
        rig.to(Rig.NEW);
        rig.from(((StepOutput.NodesChecked) rig.succeed(StepName.PREFLIGHT, DO).output()).running());
        for (StepName step : new StepName[] {StepName.STAGE, StepName.STOP, StepName.SWITCH, StepName.START}) {
            rig.succeed(step, DO);
        }
        assertThat(server.post("/api/rows", "{\"writer\":\"new\",\"number\":1}"))
                .hasValueSatisfying(answer -> assertThat(answer.status()).isEqualTo(201));
        rig.epoch++;
        rig.succeed(StepName.START, UNDO);
        rig.succeed(StepName.SWITCH, UNDO);
        return server;
    }
}
