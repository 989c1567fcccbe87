/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidTypeIdException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Says in one line what is wrong with a JSON document, without a word of the document: Jackson's own
 * messages quote it, and what is quoted may be a secret or a terminal's control sequence.
 */
public final class JsonProblem {
    private JsonProblem() {}

    /** One line: where and what. */
    public static String of(JacksonException problem) {
        if (problem.getCause() instanceof IllegalArgumentException refused && refused.getMessage() != null) {
            return refused.getMessage();
        }
        return switch (problem) {
            case StreamConstraintsException _ ->
                "nested deeper than " + Json.NESTING_DEPTH_MAX + " levels, or too long";
            case InvalidTypeIdException wrong -> path(wrong) + " is missing its kind, or has an unknown one";
            case InvalidFormatException wrong
            when wrong.getTargetType() != null && wrong.getTargetType().isEnum() ->
                path(wrong) + " is not one of " + names(wrong.getTargetType());
            case MismatchedInputException wrong -> path(wrong) + " is not " + expected(wrong.getTargetType());
            case JsonMappingException wrong -> path(wrong) + " is not valid";
            default -> syntax(problem);
        };
    }

    private static String syntax(JacksonException problem) {
        boolean duplicate = Optional.ofNullable(problem.getOriginalMessage())
                .filter(message -> message.startsWith("Duplicate field"))
                .isPresent();
        JsonLocation at = problem.getLocation();
        return (duplicate ? "a key occurs twice" : "not JSON")
                + (at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr());
    }

    private static String path(JsonMappingException problem) {
        String path = problem.getPath().stream().map(JsonProblem::step).collect(Collectors.joining());
        return path.isEmpty() ? "it" : path.startsWith(".") ? path.substring(1) : path;
    }

    /** The key of a map is a word of the document. */
    private static String step(JsonMappingException.Reference step) {
        if (step.getFieldName() == null) {
            return "[" + step.getIndex() + "]";
        }
        return step.getFrom() instanceof Map<?, ?> ? ".*" : "." + step.getFieldName();
    }

    private static String expected(Class<?> type) {
        return type == null ? "of the expected type" : "a valid " + type.getSimpleName();
    }

    private static String names(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(constant -> Json.mapper().convertValue(constant, String.class))
                .collect(Collectors.joining(", "));
    }
}
