/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.swap.step;

import static dev.uplift.contract.Direction.DO;
import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.contract.Check;
import dev.uplift.contract.DatabaseSpec;
import dev.uplift.contract.ErrorCode;
import dev.uplift.contract.InstallationSpec;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepOutput;
import dev.uplift.standin.StandInServer;
import dev.uplift.worker.StepOutcome;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

/** An application that prefers a file, which nobody reads, to its environment. */
class AssumedDatabaseTest {
    @Test
    void nothingIsStoppedOfAnApplicationThatIsNotSeenOnItsDatabaseUnlessThatIsAssumed() throws Exception {
        try (EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
                Rig rig = new Rig()) {
            try (Connection connection = postgres.getPostgresDatabase().getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE DATABASE decoy");
            }
            StandInServer server = rig.launch(Rig.OLD)
                    .postgres("localhost", postgres.getPort(), "postgres", "postgres", "postgres")
                    .start()
                    .awaitHealthy(Rig.START);
            InstallationSpec real = rig.register().installation();
            server.stop();
            Files.writeString(rig.directory.resolve("standin.properties"), "MB_DB_DBNAME=postgres\n");
            try (Connection connection =
                            postgres.getDatabase("postgres", "decoy").getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("CREATE TABLE databasechangelog (id text)");
            }
            rig.launch(Rig.OLD)
                    .port(server.port())
                    .postgres("localhost", postgres.getPort(), "decoy", "postgres", "postgres")
                    .start()
                    .awaitHealthy(Rig.START);
            DatabaseSpec.PostgreSql database = (DatabaseSpec.PostgreSql) real.database();
            InstallationSpec decoy = real.withDatabase(new DatabaseSpec.PostgreSql(
                    database.host(), database.port(), "decoy", database.user(), database.passwordRef()));
            rig.installed(decoy);
            rig.to(Rig.NEW);

            StepOutcome.Failed checked = rig.fail(StepName.PREFLIGHT, DO);

            assertThat(checked.detail()).contains("no session there, but on postgres of the same server");
            rig.installed(decoy.withDatabaseAssumedFor(decoy.nodes().getFirst()));
            StepOutput.NodesChecked assumed = (StepOutput.NodesChecked)
                    rig.succeed(StepName.PREFLIGHT, DO).output();
            assertThat(assumed.checks())
                    .filteredOn(check -> check.name().equals("database"))
                    .singleElement()
                    .satisfies(check -> {
                        assertThat(check.verdict()).isEqualTo(Check.Verdict.WARN);
                        assertThat(check.detail()).contains("is assumed", "--assume-database");
                    });
            rig.from(assumed.running());
            rig.succeed(StepName.STAGE, DO);
            rig.installed(decoy);
            StepOutcome.Failed stopped = rig.fail(StepName.STOP, DO);
            assertThat(stopped.code()).isEqualTo(ErrorCode.PREFLIGHT_REFUSED);
            assertThat(stopped.detail()).startsWith("nothing was stopped");
            assertThat(StandInServer.runningIn(rig.directory)).hasSize(1);
            rig.installed(decoy.withDatabaseAssumedFor(decoy.nodes().getFirst()));
            StepOutput.NodesStopped ended =
                    (StepOutput.NodesStopped) rig.succeed(StepName.STOP, DO).output();
            assertThat(ended.released()).isNull();
        }
    }
}
