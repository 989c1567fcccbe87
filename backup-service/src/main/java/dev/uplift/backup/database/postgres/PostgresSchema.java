/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.store.BackupFiles;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A schema as {@code pg_dump --schema-only} writes it, without what differs between two databases of the
 * same schema.
 *
 * <ol>
 *   <li>{@code \restrict} lines hold a random word.
 *   <li>Comments of the dump name versions and owners of the table of contents.
 *   <li>Settings are set before what needs them, so where they stand depends on the order.
 *   <li>The order of statements depends on object ids where names do not decide it: they are sorted.
 *   <li>A condition {@code x IN ('a', 'b')} on a {@code varchar} is printed with its casts in other places
 *       once it has been printed and read again.
 *   <li>From 15.20 on a server keeps a number of its own with each column's options, {@code pg_attver}. The
 *       {@code pg_dump} of that version leaves it out, an older one writes it as an option; setting it changes nothing,
 *       so that a restored column has another one.
 * </ol>
 *
 * @param essentials statements, sorted
 * @param decorations statements of {@link ArchiveEntries what decorates the data}, sorted
 */
record PostgresSchema(List<String> essentials, List<String> decorations) {
    private static final Pattern STATEMENT_COMMENT =
            Pattern.compile("--( (Name: .*|Dumped (from|by) .*|PostgreSQL database dump.*|TOC entry .*))?");
    private static final Pattern SETTING =
            Pattern.compile("SET (default_tablespace|default_table_access_method|statement_timeout|lock_timeout"
                    + "|idle_in_transaction_session_timeout|transaction_timeout|client_encoding"
                    + "|standard_conforming_strings|check_function_bodies|xmloption|client_min_messages"
                    + "|row_security) = .*;|SELECT pg_catalog\\.set_config\\('search_path', '', false\\);");
    private static final Pattern CASTS =
            Pattern.compile("[()]|::(\"[^\"]+\"|[a-z_0-9.]+)( varying| precision| with(out)? time zone)?(\\[\\])?");

    private static final Pattern COLUMN_OPTIONS =
            Pattern.compile("(ALTER TABLE ONLY .+ ALTER COLUMN .+ SET )\\((.+)\\);");
    private static final Pattern SERVERS_OWN = Pattern.compile("pg_attver=\\d+");

    PostgresSchema {
        essentials = essentials.stream().sorted().toList();
        decorations = decorations.stream().sorted().toList();
    }

    /** Reads a dump. */
    static PostgresSchema of(String dump) {
        List<String> essentials = new ArrayList<>();
        List<String> decorations = new ArrayList<>();
        List<String> kind = essentials;
        StringBuilder statement = new StringBuilder();
        String before = "";
        for (String line : dump.lines().toList()) {
            if (line.equals("--")) {
                if (!statement.toString().isBlank()) {
                    kind.add(statement.toString().strip());
                }
                statement.setLength(0);
            } else if (STATEMENT_COMMENT.matcher(line).matches()) {
                if (before.equals("--")) {
                    kind = ArchiveEntries.isDecoration(line) ? decorations : essentials;
                }
            } else if (!line.startsWith("\\restrict ")
                    && !line.startsWith("\\unrestrict ")
                    && !SETTING.matcher(line).matches()) {
                withoutServersOwn(line)
                        .map(kept ->
                                kept.contains("ARRAY[") ? CASTS.matcher(kept).replaceAll("") : kept)
                        .ifPresent(kept -> statement.append(kept).append('\n'));
            }
            before = line;
        }
        if (!statement.toString().isBlank()) {
            kind.add(statement.toString().strip());
        }
        return new PostgresSchema(essentials, decorations);
    }

    /** Essential statements that only one of the two has. */
    List<String> difference(PostgresSchema other) {
        Set<String> differing = new LinkedHashSet<>(essentials);
        differing.removeAll(new HashSet<>(other.essentials));
        Set<String> more = new LinkedHashSet<>(other.essentials);
        more.removeAll(new HashSet<>(essentials));
        differing.addAll(more);
        return List.copyOf(differing);
    }

    /** Decorations included. */
    String sha256() {
        return sha256(Stream.concat(essentials.stream(), decorations.stream()).sorted());
    }

    String sha256OfEssentials() {
        return sha256(essentials.stream());
    }

    private static String sha256(Stream<String> statements) {
        MessageDigest digest = BackupFiles.sha256();
        statements.forEach(text -> {
            digest.update(text.getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
        });
        return BackupFiles.hex(digest);
    }

    /** A line without what the server sets by itself; empty if nothing else is set there. */
    private static Optional<String> withoutServersOwn(String line) {
        Matcher options = COLUMN_OPTIONS.matcher(line);
        if (!options.matches()) {
            return Optional.of(line);
        }
        String kept = Arrays.stream(options.group(2).split(", ", -1))
                .filter(option -> !SERVERS_OWN.matcher(option).matches())
                .collect(Collectors.joining(", "));
        return kept.isEmpty() ? Optional.empty() : Optional.of(options.group(1) + "(" + kept + ");");
    }
}
