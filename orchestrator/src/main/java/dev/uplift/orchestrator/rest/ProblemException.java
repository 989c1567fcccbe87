package dev.uplift.orchestrator.rest;

import dev.uplift.http.Problem;
import java.util.Map;

/** Ends a request with a {@link Problem}. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    private ProblemException(Problem problem) {
        super(problem.detail());
        this.problem = problem;
    }

    /** 400: the request is not one that could ever be granted. */
    public static ProblemException invalid(String detail) {
        return new ProblemException(Problem.of(400, "Bad Request", "request.invalid", detail));
    }

    /** 404. {@code code} says what was not found. */
    public static ProblemException notFound(String code, String detail) {
        return new ProblemException(Problem.of(404, "Not Found", code, detail));
    }

    /** 404 about a name that was sent, which is shown cut and without control characters. */
    public static ProblemException unknown(String code, String detail, String name) {
        String shown = name.length() > 64 ? name.substring(0, 64) + "..." : name;
        return notFound(code, detail + " " + shown.replaceAll("\\p{Cntrl}", "?"));
    }

    /** 409: it cannot be granted as things are. */
    public static ProblemException conflict(String code, String detail) {
        return new ProblemException(Problem.of(409, "Conflict", code, detail));
    }

    /** 409 with members beyond the RFC's. */
    public static ProblemException conflict(String code, String detail, Map<String, Object> more) {
        return new ProblemException(new Problem("about:blank", "Conflict", 409, code, detail, more));
    }

    public Problem problem() {
        return problem;
    }
}
