/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.orchestrator.rest;

import dev.uplift.contract.api.Page;
import io.quarkus.hibernate.orm.panache.PanacheRepositoryBase;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which part of a list is asked for.
 *
 * @param offset how many to leave out, from 0
 * @param limit how many at most, 1 to {@link #LIMIT_MAX}
 * @param key the attribute that tells the rows apart, which decides between equal ones
 * @param orderBy HQL made of known attributes only
 * @param pattern for {@code LIKE}: a substring of the name, lower-case; {@code %} for all
 */
public record Paging(int offset, int limit, String key, String orderBy, String pattern) {
    public static final int LIMIT_DEFAULT = 50;
    public static final int LIMIT_MAX = 500;

    /**
     * Reads the query parameters of a list whose rows have the key {@code id}.
     *
     * @param columns the fields that can be sorted by, and their attributes
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

    /** A condition: the text of these attributes, apart by spaces, contains what is looked for. */
    public String contains(String... attributes) {
        return "lower(" + String.join(" || ' ' || ", attributes) + ") like :q escape '\\'";
    }

    /**
     * Reads the page. Its rows are found by their keys first: what sorts carries every column that it is to return, and
     * that would be the JSON of all rows.
     *
     * @param condition of {@code entity}'s attributes, with {@link #contains}
     * @param parameters the others of the condition
     */
    public <E, T> Page<T> read(
            PanacheRepositoryBase<E, ?> rows,
            String entity,
            String condition,
            Map<String, Object> parameters,
            Function<E, T> shown) {
        Map<String, Object> of = new HashMap<>(parameters);
        of.put("q", pattern);
        long total = rows.count(condition, of);
        String ordered = " order by " + orderBy;
        of.put("limit", limit);
        of.put("offset", offset);
        List<E> content = rows.find(
                        key + " in (select " + key + " from " + entity + " where " + condition + ordered
                                + " limit :limit offset :offset)" + ordered,
                        of)
                .list();
        return new Page<>(content.stream().map(shown).toList(), total, offset, limit);
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
