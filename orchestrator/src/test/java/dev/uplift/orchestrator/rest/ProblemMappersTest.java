/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.uplift.http.Problem;
import jakarta.persistence.PersistenceException;
import jakarta.ws.rs.core.Response;
import java.sql.SQLException;
import java.util.Map;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProblemMappersTest {
    private final ProblemMappers mappers = new ProblemMappers();

    @ParameterizedTest
    @CsvSource({
        ", 503", // the pool has no connection in time
        "08001, 503",
        "08006, 503",
        "53300, 503",
        "57P01, 503",
        "57P03, 503",
        "25006, 503",
        "40001, 503",
        "40P01, 503",
        "55P03, 503",
        "22021, 500",
        "23505, 500",
        "42P01, 500"
    })
    void aDatabaseThatIsAwayIsNoDefect(String state, int status) {
        Response answer = mappers.database(new PersistenceException(new SQLException("password=x", state)));

        assertThat(answer.getStatus()).isEqualTo(status);
        assertThat(answer.getHeaderString("Retry-After")).isEqualTo(status == 503 ? "5" : null);
        assertThat(((Problem) answer.getEntity()).detail()).doesNotContain("password", "SQL");
    }

    @Test
    void whoeverGetsNoAnswerIsToldWhenToAskAgain() {
        assertThat(mappers.problem(ProblemException.unavailable("request.accepted", "it goes on", Map.of()))
                        .getHeaderString("Retry-After"))
                .isEqualTo("5");
        assertThat(mappers.problem(ProblemException.conflict("upgrade.refused", "no"))
                        .getHeaderString("Retry-After"))
                .isNull();
    }

    @Test
    void neitherIsKafka() {
        Response answer = mappers.kafka(new TimeoutException("gone"));

        assertThat(answer.getStatus()).isEqualTo(503);
        assertThat(answer.getHeaderString("Retry-After")).isEqualTo("5");
        assertThat(((Problem) answer.getEntity()).code()).isEqualTo("kafka.unavailable");
    }
}
