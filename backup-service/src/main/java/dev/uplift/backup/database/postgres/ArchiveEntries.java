/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The table of contents of an archive, in the four parts that are restored one after the other.
 *
 * <p>The data are whole without what decorates them: what only a superuser can make (event triggers, publications for
 * all tables), what is another role's (default privileges, the owner of the schema {@code public}), extensions that
 * nothing in the database needs, and the rows of materialised views. A restore goes on without any of it.
 *
 * @param schemas with the rights to them, because an owner of what is in them may have no more than such a right
 * @param base decorations that something may need: if it does, {@code main} fails
 * @param decorations that nothing needs
 */
record ArchiveEntries(List<String> schemas, List<String> base, List<String> main, List<String> decorations) {
    private static final String DECORATION =
            "DEFAULT ACL|EVENT TRIGGER|PUBLICATION( TABLE| TABLES IN SCHEMA)?|SECURITY LABEL";
    private static final String DECORATED = "EVENT TRIGGER|PUBLICATION";

    /** As in {@code 3439; 6104 17801 PUBLICATION - everything postgres}. */
    private static final String NUMBERS = "\\d+; \\d+ \\d+ ";

    private static final Pattern SCHEMAS = Pattern.compile(NUMBERS + "(SCHEMA|ACL - SCHEMA) .*");
    private static final Pattern BASE = Pattern.compile(NUMBERS + "(SCHEMA - public|EXTENSION|COMMENT - EXTENSION) .*");
    private static final Pattern DECORATIONS =
            Pattern.compile(NUMBERS + "(" + DECORATION + "|COMMENT - (" + DECORATED + ")|MATERIALIZED VIEW DATA) .*");

    /** As in {@code -- Name: everything; Type: PUBLICATION; Schema: -; Owner: postgres}. */
    private static final Pattern HEADER = Pattern.compile("-- Name: ((public; Type: SCHEMA)|[^;]*; Type: (EXTENSION|"
            + DECORATION + ")|(EXTENSION|" + DECORATED + ") [^;]*; Type: COMMENT); Schema: [^;]*; Owner: .*");

    private static final Pattern ENTRY = Pattern.compile(NUMBERS + ".*");

    ArchiveEntries {
        schemas = List.copyOf(schemas);
        base = List.copyOf(base);
        main = List.copyOf(main);
        decorations = List.copyOf(decorations);
    }

    /** Reads what {@code pg_restore --list} prints. */
    static ArchiveEntries of(String list) {
        List<String> schemas = new ArrayList<>();
        List<String> base = new ArrayList<>();
        List<String> main = new ArrayList<>();
        List<String> decorations = new ArrayList<>();
        for (String line : list.lines().toList()) {
            if (BASE.matcher(line).matches()) {
                base.add(line);
            } else if (SCHEMAS.matcher(line).matches()) {
                schemas.add(line);
            } else if (DECORATIONS.matcher(line).matches()) {
                decorations.add(line);
            } else if (ENTRY.matcher(line).matches()) {
                main.add(line);
            }
        }
        return new ArchiveEntries(schemas, base, main, decorations);
    }

    /** Whether what follows this line of a dump of a schema decorates the data. */
    static boolean isDecoration(String header) {
        return HEADER.matcher(header).matches();
    }
}
