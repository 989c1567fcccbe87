/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.messaging;

import dev.uplift.contract.SecretNames;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Text that can be logged, shown and sent: one bounded line without passwords and without characters
 * that make a terminal, a log or a page show something else than they are. The contract's records take
 * every such line.
 */
public final class OneLine {
    private static final int LENGTH_MAX = 1_000;
    private static final int LOOKED_AT_MAX = 8 * LENGTH_MAX;
    private static final Pattern MISLEADING =
            Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Cs}\\x{202a}-\\x{202e}\\x{2066}-\\x{2069}]+");
    // A password may hold what its URL should not have, such as a slash: then all up to the last @ of the word goes.
    private static final Pattern URL_USER = Pattern.compile("://(?:[^/\\s?#]*|[^/\\s?#@:]*:(?!\\d+(?:[/?#]|$))\\S*)@");
    private static final String SECRET_NAME = "[\\w.-]*" + SecretNames.PATTERN + "[\\w.-]*[\"']?\\s*[=:]\\s*)";
    private static final Pattern SECRET_PARAMETER =
            Pattern.compile("(?i)((?<=[?&])" + SECRET_NAME + "(?:\"[^\"]*\"|'[^']*'|[^\\s&]+)");
    private static final Pattern NAMED_SECRET =
            Pattern.compile("(?i)((?<![?&\\w.-])" + SECRET_NAME + "(?:\"[^\"]*\"|'[^']*'|\\S+)");
    // Without its header's name it is a secret only if it does not look like a word.
    private static final Pattern AUTHORIZATION =
            Pattern.compile("(?i)(\\bAuthorization[\"']?\\s*[=:]\\s*[\"']?(?:Bearer|Basic)"
                    + "|\\b(?:Bearer|Basic)(?=\\s+[\\w.~+/=-]{8})(?=\\s+[\\w.~+/=-]*(?:[\\d=]|(?-i:[a-z][A-Z]))))"
                    + "\\s+[\\w.~+/=-]+");

    private OneLine() {}

    /** {@code text} in one line of at most 1,000 characters, with what looks like a password masked. */
    public static String of(@Nullable String text) {
        return of(text, LENGTH_MAX);
    }

    /** What went wrong: the exception's kind and message. */
    public static String of(Throwable problem) {
        String message = problem.getMessage();
        String kind = problem.getClass().getSimpleName();
        return of(message == null || message.isBlank() ? kind : kind + ": " + message);
    }

    static String of(@Nullable String text, int lengthMax) {
        if (text == null || text.isBlank()) {
            return "(no detail)";
        }
        // Looking for what to mask takes the square of the length.
        String line = MISLEADING
                .matcher(text.length() > LOOKED_AT_MAX ? text.substring(0, LOOKED_AT_MAX) : text)
                .replaceAll(" ")
                .strip();
        line = URL_USER.matcher(line).replaceAll("://***@");
        line = AUTHORIZATION.matcher(line).replaceAll("$1 ***");
        line = SECRET_PARAMETER.matcher(line).replaceAll("$1***");
        line = NAMED_SECRET.matcher(line).replaceAll("$1***");
        if (line.isBlank()) {
            return "(no detail)";
        }
        if (line.length() <= lengthMax) {
            return line;
        }
        int cut = lengthMax - 3;
        // Half a character would be no character.
        return line.substring(0, Character.isHighSurrogate(line.charAt(cut - 1)) ? cut - 1 : cut) + "...";
    }
}
