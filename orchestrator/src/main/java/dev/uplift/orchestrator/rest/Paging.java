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
 * @param key the column that tells the rows apart, which decides between equal ones
 * @param orderBy SQL made of known columns only
 * @param pattern for {@code LIKE}: a substring of the name, lower-case; {@code %} for all
 */
public record Paging(int offset, int limit, String key, String orderBy, String pattern) {
    public static final int LIMIT_DEFAULT = 50;
    public static final int LIMIT_MAX = 500;

    /**
     * Reads the query parameters of a list whose rows have the key {@code id}.
     *
     * @param columns the fields that can be sorted by, and their columns
     * @param otherwise {@code field} or {@code field:asc|desc}, where nothing else is asked for
     * @throws ProblemException 400 if one is no number, out of range or no known field
     */
    public static Paging of(PageQuery query, Map<String, String> columns, String otherwise) {
        return of(query, columns, otherwise, "id");
    }

    /** The same for a list whose rows have another key. */
    public static Paging of(PageQuery query, Map<String, String> columns, String otherwise, String key) {
        return new Paging(
                number("offset", query.offset, 0, 0, Integer.MAX_VALUE),
                number("limit", query.limit, LIMIT_DEFAULT, 1, LIMIT_MAX),
                key,
                orderBy(Optional.ofNullable(query.sort).orElse(otherwise), columns, key),
                pattern(query.q));
    }

    /**
     * The statement that reads the page. The rows of the page are found by their keys first: what sorts carries every
     * column that it is to return, and that would be the JSON of all rows.
     *
     * @param columns what to return of table {@code t}
     * @param from {@code FROM table WHERE ...}, of one table without alias
     */
    public String select(String columns, String table, String from) {
        return "SELECT " + columns + " FROM (SELECT " + key + from + " ORDER BY " + orderBy
                + " LIMIT :limit OFFSET :offset) page JOIN " + table + " t USING (" + key + ") ORDER BY " + orderBy;
    }

    private static int number(String name, @Nullable String text, int otherwise, int least, int most) {
        if (text == null) {
            return otherwise;
        }
        try {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The same answer as for a number that is out of range.
        }
        throw ProblemException.invalid(name + " is a whole number, "
                + (most == Integer.MAX_VALUE ? "at least " + least : least + " to " + most));
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
