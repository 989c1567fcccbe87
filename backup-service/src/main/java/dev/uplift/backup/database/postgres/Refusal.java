/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.backup.database.postgres;

import dev.uplift.backup.database.Program;
import dev.uplift.contract.Check;
import dev.uplift.messaging.OneLine;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A statement of a restore that the server refused.
 *
 * @param reason the server's, of one line
 */
record Refusal(String statement, String reason) {
    /** The reason where there is none that the server gave. */
    static final String MISSING = "it is not there";

    private static final int NAMED_MAX = 10;

    /** How {@code pg_restore} reports one when it goes on after it. The severity is in the server's language. */
    private static final Pattern REPORTED = Pattern.compile(
            "pg_restore: error: could not execute query: (?!FATAL|PANIC)[^\\n:]+:  +([^\\n"
                    + "]*)(.*?)\\n"
                    + "Command was: (.*?)(?=\\n"
                    + "pg_restore: |\\z)",
            Pattern.DOTALL);

    private static final Pattern ANY_ERROR = Pattern.compile("(?m)^pg_restore: (error|fatal):");

    Refusal {
        statement = OneLine.of(statement).replaceFirst(";$", "");
        reason = OneLine.of(reason);
    }

    /** Whether a statement was refused for what it is, not for the state of the server or of the connection. */
    static boolean isOne(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return state.startsWith("42") || state.startsWith("22") || state.startsWith("0L") || state.startsWith("0A");
    }

    /**
     * Reads what {@code pg_restore} said.
     *
     * @return empty if it failed for anything else than refused statements
     */
    static List<Refusal> of(String said) {
        // The last one may have been cut off.
        String errors = said.getBytes(StandardCharsets.UTF_8).length < Program.ERRORS_BYTES_MAX
                ? said
                : said.substring(0, Math.max(0, said.lastIndexOf("\npg_restore: ")));
        List<Refusal> refusals = new ArrayList<>();
        Matcher reported = REPORTED.matcher(errors);
        while (reported.find()) {
            refusals.add(new Refusal(reported.group(3).strip(), reported.group(1)));
        }
        return ANY_ERROR.matcher(errors).results().count() == refusals.size() ? refusals : List.of();
    }

    /**
     * What had no effect although nobody refused it.
     *
     * @param missing of the schema, each with all statements that belong to it
     */
    static List<Refusal> unexplained(List<String> missing, List<Refusal> refused) {
        return missing.stream()
                .filter(all -> refused.stream().noneMatch(one -> all.contains(one.statement)))
                .map(all -> new Refusal(all, "it had no effect"))
                .toList();
    }

    /** What a database lacks of a backup, whyever. */
    static List<Refusal> missing(List<String> statements) {
        return statements.stream()
                .map(statement -> new Refusal(statement, MISSING))
                .toList();
    }

    /** What a restore went, or will go, without: warnings that tell a superuser what to run. */
    static List<Check> warnings(List<Refusal> refusals, String database) {
        List<Check> warnings = new ArrayList<>();
        for (Refusal refusal : refusals.subList(0, Math.min(NAMED_MAX, refusals.size()))) {
            warnings.add(warning("a restore goes without this (" + refusal.reason
                    + "); let a superuser run it after one," + " in database " + database + ": " + refusal.statement));
        }
        if (refusals.size() > NAMED_MAX) {
            warnings.add(warning("a restore goes without " + (refusals.size() - NAMED_MAX) + " more of the kind"));
        }
        return warnings;
    }

    private static Check warning(String detail) {
        return new Check("database.incomplete", Check.Verdict.WARN, OneLine.of(detail));
    }
}
