package dev.uplift.orchestrator.rest;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

/** Every error leaves as a {@link Problem}; none shows a stack, a class or a value that was sent. */
final class ProblemMappers {
    private static final Logger LOG = Logger.getLogger(ProblemMappers.class);
    private static final int REASON_LENGTH_MAX = 300;

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
        LOG.errorf(e, "a request failed, reference %s", reference);
        return answer(Problem.of(
                500,
                "Internal Server Error",
                "internal",
                "a defect or a fault of the database; the log has it under " + reference));
    }

    private static Problem malformed(JacksonException e) {
        if (e instanceof JsonParseException || !(e instanceof JsonMappingException mapping)) {
            return Problem.of(400, "Bad Request", "request.malformed", "the body is not valid JSON: " + reason(e));
        }
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference reference : mapping.getPath()) {
            path.append(path.isEmpty() || reference.getFieldName() == null ? "" : ".")
                    .append(
                            reference.getFieldName() == null
                                    ? "[" + reference.getIndex() + "]"
                                    : reference.getFieldName());
        }
        String where = path.isEmpty() ? "" : path + ": ";
        Throwable cause = e.getCause();
        if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
            return Problem.of(400, "Bad Request", "request.invalid", line(cause.getMessage()));
        }
        if (cause instanceof JsonParseException parse) {
            return Problem.of(400, "Bad Request", "request.malformed", "the body is not valid JSON: " + reason(parse));
        }
        String reason = reason(e);
        return Problem.of(
                400,
                "Bad Request",
                "request.invalid",
                where + (reason.startsWith("Cannot ") ? "not of the form that is expected" : reason));
    }

    private static String reason(JacksonException e) {
        return line(Objects.requireNonNullElse(e.getOriginalMessage(), "cannot be read"));
    }

    private static String line(String text) {
        String line = text.lines().findFirst().orElse("");
        String safe = line.replaceAll("\\p{Cntrl}", "?");
        return safe.length() > REASON_LENGTH_MAX ? safe.substring(0, REASON_LENGTH_MAX) : safe;
    }

    private static Response answer(Problem problem) {
        return Response.status(problem.status())
                .type(Problem.MEDIA_TYPE)
                .entity(problem)
                .build();
    }
}
