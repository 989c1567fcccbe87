package dev.uplift.orchestrator.rest;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for.
 *
 * @param offset how many to leave out, from 0
 * @param limit how many at most, 1 to {@link #LIMIT_MAX}
 * @param orderBy SQL made of known columns only
 * @param pattern for {@code LIKE}: a substring of the name, lower-case; {@code %} for all
 */
public record Paging(int offset, int limit, String orderBy, String pattern) {
    public static final int LIMIT_DEFAULT = 50;
    public static final int LIMIT_MAX = 500;

    /**
     * Reads the query parameters.
     *
     * @param sort {@code field} or {@code field:asc|desc}; absent: {@code otherwise}
     * @param columns the fields that can be sorted by, and their columns
     * @throws ProblemException 400 if one is out of range
     */
    public static Paging of(
            @Nullable Integer offset,
            @Nullable Integer limit,
            @Nullable String sort,
            @Nullable String q,
            Map<String, String> columns,
            String otherwise) {
        return of(offset, limit, sort, q, columns, otherwise, "id");
    }

    /**
     * The same for a list whose rows have another key.
     *
     * @param key its column, which decides between equal ones
     */
    public static Paging of(
            @Nullable Integer offset,
            @Nullable Integer limit,
            @Nullable String sort,
            @Nullable String q,
            Map<String, String> columns,
            String otherwise,
            String key) {
        int from = Optional.ofNullable(offset).orElse(0);
        int most = Optional.ofNullable(limit).orElse(LIMIT_DEFAULT);
        if (from < 0) {
            throw ProblemException.invalid("offset is " + from + ", at least 0 is needed");
        }
        if (most < 1 || most > LIMIT_MAX) {
            throw ProblemException.invalid("limit is " + most + ", 1 to " + LIMIT_MAX + " is possible");
        }
        return new Paging(from, most, orderBy(Optional.ofNullable(sort).orElse(otherwise), columns, key), pattern(q));
    }

    private static String orderBy(String sort, Map<String, String> columns, String key) {
        String[] parts = sort.split(":", 2);
        String column = columns.get(parts[0]);
        String direction = parts.length == 1 ? "ASC" : parts[1].toUpperCase(Locale.ROOT);
        if (column == null || !(direction.equals("ASC") || direction.equals("DESC"))) {
            throw ProblemException.invalid("sort is one of "
                    + columns.keySet().stream().sorted().collect(Collectors.joining(", "))
                    + ", with :asc or :desc behind it if wanted");
        }
        return column + " " + direction + ", " + key + " " + direction;
    }

    private static String pattern(@Nullable String q) {
        if (q == null || q.isBlank()) {
            return "%";
        }
        String literal = q.toLowerCase(Locale.ROOT)
                .replace("\\", "\\\\")
                .replace("%", "\\%")
                .replace("_", "\\_");
        return "%" + literal + "%";
    }
}
