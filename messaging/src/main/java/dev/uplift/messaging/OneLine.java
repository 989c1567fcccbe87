package dev.uplift.messaging;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Text that can be logged, shown and sent: one bounded line without control characters or passwords. */
public final class OneLine {
    private static final int LENGTH_MAX = 1_000;
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}+");
    private static final Pattern URL_PASSWORD = Pattern.compile("(://[^/\\s:@]*:)[^/\\s@]+@");
    private static final Pattern NAMED_SECRET =
            Pattern.compile("(?i)([\\w.-]*(?:password|passwd|secret|token|api[-_]?key)[\\w.-]*\\s*[=:]\\s*)\\S+");

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
        String line = CONTROL.matcher(text).replaceAll(" ").strip();
        line = URL_PASSWORD.matcher(line).replaceAll("$1***@");
        line = NAMED_SECRET.matcher(line).replaceAll("$1***");
        if (line.isEmpty()) {
            return "(no detail)";
        }
        return line.length() <= lengthMax ? line : line.substring(0, lengthMax - 3) + "...";
    }
}
