package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.messaging.testing.TestDatabase;
import java.util.List;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

/** What an earlier release has stored is there after the migration. */
class MigrationTest {
    private final String url = TestDatabase.url();
    private final Jdbi jdbi = Jdbi.create(url);

    @Test
    void theAnswersOfEarlierRequestsAreKept() {
        flyway().target("107").load().migrate();
        UUID upgrade = UUID.randomUUID();
        UUID accepting = request("{\"accepted\":[{\"installation\":\"a\",\"upgradeId\":\"" + upgrade
                + "\"}],\"refused\":[{\"installation\":\"b\",\"reason\":\"busy\"}]}");
        UUID refusing = request("{\"accepted\":[],\"refused\":[{\"installation\":\"c\",\"reason\":\"gone\"}]}");

        flyway().load().migrate();

        assertThat(answers(accepting)).containsExactly("1 a " + upgrade, "2 b busy");
        assertThat(answers(refusing)).containsExactly("1 c gone");
    }

    private FluentConfiguration flyway() {
        return Flyway.configure()
                .dataSource(url, null, null)
                .outOfOrder(true)
                .locations("db/messaging", "db/orchestrator");
    }

    private UUID request(String answer) {
        UUID id = UUID.randomUUID();
        jdbi.useHandle(handle -> handle.execute(
                "INSERT INTO request (id, kind, answer, at) VALUES (?, 'UPGRADE', ?::jsonb, now())", id, answer));
        return id;
    }

    /** What became of each target, in order. */
    private List<String> answers(UUID request) {
        return jdbi.withHandle(handle -> handle.select(
                        "SELECT concat_ws(' ', position, installation, upgrade_id, reason) FROM request_answer"
                                + " WHERE request_id = ? ORDER BY position",
                        request)
                .mapTo(String.class)
                .list());
    }
}
