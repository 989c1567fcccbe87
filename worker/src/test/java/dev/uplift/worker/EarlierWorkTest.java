/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Json;
import dev.uplift.contract.Message;
import dev.uplift.contract.StepCommand;
import dev.uplift.contract.StepName;
import dev.uplift.contract.StepResult;
import dev.uplift.messaging.testing.EarlierDatabase;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A worker on the queue that one of an earlier release has left in the middle of two steps. */
class EarlierWorkTest {
    @AutoClose
    private final TestSite site = new TestSite(EarlierDatabase.migrated("/earlier/swap.sql", "db/messaging"));

    private final Queue<StepCommand> taken = new ConcurrentLinkedQueue<>();
    private final Queue<Integer> deliveries = new ConcurrentLinkedQueue<>();
    private final StepHandler taking = (command, run) -> {
        taken.add(command);
        deliveries.add(run.delivery());
        return StepOutcome.done();
    };

    @Test
    void whatWasBegunIsBegunAgainAndWhatWasFinishedIsNot() throws Exception {
        List<StepCommand> begun = commands("finished_at IS NULL");
        assertThat(begun).extracting(StepCommand::step).containsExactlyInAnyOrder(StepName.START, StepName.SOAK);
        StepCommand finished =
                commands("finished_at IS NOT NULL AND type = 'swap.commit'").getFirst();
        try (StepWorker _ = site.start(site.builder(taking))) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> commands("finished_at IS NULL").isEmpty());
            assertThat(taken).containsExactlyInAnyOrderElementsOf(begun);
            assertThat(deliveries).containsOnly(2);
            for (StepCommand command : begun) {
                assertAnswered(command);
            }

            site.send(new Message(
                    finished.commandId(),
                    finished.step().commandType(finished.direction()),
                    URI.create("/uplift/orchestrator"),
                    finished.installation().id().toString(),
                    Instant.now(),
                    null,
                    finished));
            assertAnswered(finished);
            assertThat(taken).doesNotContain(finished);
        }
    }

    private void assertAnswered(StepCommand command) {
        assertThat(site.answers(command.installation().id(), 1))
                .extracting(answer -> answer.body(StepResult.Succeeded.class))
                .allMatch(answer ->
                        answer.sagaId().equals(command.sagaId()) && answer.stepIndex() == command.stepIndex());
    }

    /** Of this queue. */
    private List<StepCommand> commands(String which) throws SQLException, JsonProcessingException {
        List<StepCommand> found = new ArrayList<>();
        try (Connection connection = site.database().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT body FROM work WHERE scope IS NOT NULL AND " + which + " ORDER BY seq")) {
            while (rows.next()) {
                found.add(Json.mapper().readValue(rows.getString(1), StepCommand.class));
            }
        }
        return found;
    }
}
