/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.messaging.testing.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;

/** What an earlier release has stored is there after the migration. */
class MigrationTest {
    private final String url = TestDatabase.url();

    @Test
    void theAnswersOfEarlierRequestsAreKept() throws SQLException {
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

    private UUID request(String answer) throws SQLException {
        UUID id = UUID.randomUUID();
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement insert = connection.prepareStatement(
                        "INSERT INTO request (id, kind, answer, at) VALUES (?, 'UPGRADE', ?::jsonb, now())")) {
            insert.setObject(1, id);
            insert.setString(2, answer);
            insert.executeUpdate();
        }
        return id;
    }

    /** What became of each target, in order. */
    private List<String> answers(UUID request) throws SQLException {
        List<String> answers = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement select = connection.prepareStatement(
                        "SELECT concat_ws(' ', position, installation, upgrade_id, reason) FROM request_answer"
                                + " WHERE request_id = ? ORDER BY position")) {
            select.setObject(1, request);
            try (ResultSet rows = select.executeQuery()) {
                while (rows.next()) {
                    answers.add(rows.getString(1));
                }
            }
        }
        return answers;
    }
}
