/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.uplift.contract.JsonProblem;
import dev.uplift.http.Problem;
import dev.uplift.messaging.OneLine;
import dev.uplift.orchestrator.sql.SqlStates;
import jakarta.persistence.PersistenceException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.UUID;
import org.apache.kafka.common.KafkaException;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every error leaves as a {@link Problem}; none shows a stack, a class or a value that was sent. */
final class ProblemMappers {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemMappers.class);
    private static final int RETRY_SECONDS = 5;

    @ServerExceptionMapper
    Response problem(ProblemException e) {
        Problem problem = e.problem();
        return problem.status() == Response.Status.SERVICE_UNAVAILABLE.getStatusCode()
                ? later(problem)
                : answer(problem);
    }

    @ServerExceptionMapper
    Response json(JacksonException e) {
        return answer(malformed(e));
    }

    /** More special than the framework's own, which would show class names. */
    @ServerExceptionMapper
    Response mismatch(MismatchedInputException e) {
        return answer(malformed(e));
    }

    @ServerExceptionMapper
    Response web(WebApplicationException e) {
        for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof JacksonException json) {
                return answer(malformed(json));
            }
        }
        int status = e.getResponse().getStatus();
        Response.Status known = Response.Status.fromStatusCode(status);
        String title = known == null ? "Error" : known.getReasonPhrase();
        return answer(Problem.of(
                status, title, "http." + title.toLowerCase(Locale.ROOT).replace(' ', '-'), title));
    }

    /** A database that is away is no defect: the same request may succeed later. */
    @ServerExceptionMapper
    Response database(PersistenceException e) {
        if (!SqlStates.passing(e)) {
            return other(e);
        }
        LOG.warn("a request finds no database: {}", OneLine.of(e));
        return unavailable("database.unavailable", "its database");
    }

    /** As a database that is away. */
    @ServerExceptionMapper
    Response kafka(KafkaException e) {
        LOG.warn("a request finds no Kafka: {}", OneLine.of(e));
        return unavailable("kafka.unavailable", "Kafka");
    }

    @ServerExceptionMapper
    Response other(Throwable e) {
        UUID reference = UUID.randomUUID();
        LOG.error("a request failed, reference {}", reference, e);
        return answer(
                Problem.of(500, "Internal Server Error", "internal", "a defect; the log has it under " + reference));
    }

    private static Response unavailable(String code, String what) {
        return later(Problem.of(
                503,
                "Service Unavailable",
                code,
                "the orchestrator cannot use " + what + " at the moment; try again in " + RETRY_SECONDS
                        + " s, and look at it if that lasts"));
    }

    private static Response later(Problem problem) {
        return Response.fromResponse(answer(problem))
                .header(HttpHeaders.RETRY_AFTER, RETRY_SECONDS)
                .build();
    }

    private static Problem malformed(JacksonException e) {
        JacksonException problem = e.getCause() instanceof JsonParseException syntax ? syntax : e;
        String code = problem instanceof JsonMappingException ? "request.invalid" : "request.malformed";
        String reason = problem instanceof UnrecognizedPropertyException unknown
                ? UnknownNames.field(unknown)
                : JsonProblem.of(problem);
        return Problem.of(400, "Bad Request", code, "the body is refused: " + reason);
    }

    private static Response answer(Problem problem) {
        return Response.status(problem.status())
                .type(Problem.MEDIA_TYPE)
                .entity(problem)
                .build();
    }
}
