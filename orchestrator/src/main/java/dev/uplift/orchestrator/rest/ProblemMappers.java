package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import dev.uplift.contract.JsonProblem;
import dev.uplift.http.Problem;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.UUID;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every error leaves as a {@link Problem}; none shows a stack, a class or a value that was sent. */
final class ProblemMappers {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemMappers.class);

    @ServerExceptionMapper
    Response problem(ProblemException e) {
        return answer(e.problem());
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

    @ServerExceptionMapper
    Response other(Throwable e) {
        UUID reference = UUID.randomUUID();
        LOG.error("a request failed, reference {}", reference, e);
        return answer(Problem.of(
                500,
                "Internal Server Error",
                "internal",
                "a defect or a fault of the database; the log has it under " + reference));
    }

    private static Problem malformed(JacksonException e) {
        JacksonException problem = e.getCause() instanceof JsonParseException syntax ? syntax : e;
        String code = problem instanceof JsonMappingException ? "request.invalid" : "request.malformed";
        return Problem.of(400, "Bad Request", code, "the body is refused: " + JsonProblem.of(problem));
    }

    private static Response answer(Problem problem) {
        return Response.status(problem.status())
                .type(Problem.MEDIA_TYPE)
                .entity(problem)
                .build();
    }
}
