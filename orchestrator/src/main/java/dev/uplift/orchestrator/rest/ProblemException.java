/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import dev.uplift.http.Problem;
import dev.uplift.messaging.OneLine;
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

    /** 404 about a name that was sent, which is shown cut, without control characters and without a password. */
    public static ProblemException unknown(String code, String detail, String name) {
        String line = OneLine.of(name);
        String shown = line.length() > 64 ? line.substring(0, 64) + "..." : line;
        return notFound(code, detail + " " + shown);
    }

    /** 409: it cannot be granted as things are. */
    public static ProblemException conflict(String code, String detail) {
        return new ProblemException(Problem.of(409, "Conflict", code, detail));
    }

    /** 409 with members beyond the RFC's. */
    public static ProblemException conflict(String code, String detail, Map<String, Object> more) {
        return new ProblemException(new Problem("about:blank", "Conflict", 409, code, detail, more));
    }

    /** 503 with members beyond the RFC's. */
    public static ProblemException unavailable(String code, String detail, Map<String, Object> more) {
        return new ProblemException(new Problem("about:blank", "Service Unavailable", 503, code, detail, more));
    }

    public Problem problem() {
        return problem;
    }
}
