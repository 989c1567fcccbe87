package dev.uplift.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Refuses bad values at the edge, naming the field. */
final class Checks {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int TEXT_LENGTH_MAX = 4096;

    private Checks() {}

    static String text(@Nullable String value, String field) {
        if (value == null || value.isBlank()) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return line(value, field);
    }

    /** As {@link #text}, but may be absent. */
    static void optionalText(@Nullable String value, String field) {
        if (value != null) {
            text(value, field);
        }
    }

    /** One line of bounded length without control characters, so that it can be logged and shown as it is. */
    private static String line(String value, String field) {
        if (value.length() > TEXT_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + value.length() + " characters, at most " + TEXT_LENGTH_MAX + " are taken");
        }
        if (value.codePoints().anyMatch(Checks::misleads)) {
            throw new IllegalArgumentException(field + " contains a control character");
        }
        return value;
    }

    /** Whether a terminal, a log or a page would show more or other than this one character. */
    private static boolean misleads(int codePoint) {
        return Character.isISOControl(codePoint)
                || switch (Character.getType(codePoint)) {
                    case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> true;
                    default ->
                        switch (Character.getDirectionality(codePoint)) {
                            case Character.DIRECTIONALITY_LEFT_TO_RIGHT_EMBEDDING,
                                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_OVERRIDE,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_EMBEDDING,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_OVERRIDE,
                                    Character.DIRECTIONALITY_POP_DIRECTIONAL_FORMAT,
                                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_ISOLATE,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ISOLATE,
                                    Character.DIRECTIONALITY_FIRST_STRONG_ISOLATE,
                                    Character.DIRECTIONALITY_POP_DIRECTIONAL_ISOLATE -> true;
                            default -> false;
                        };
                };
    }

    /** An unmodifiable copy; names the first absent element. */
    static <T> List<T> list(@Nullable List<? extends @Nullable T> values, String field) {
        List<T> copy = new ArrayList<>();
        for (T value : present(values, field)) {
            copy.add(present(value, field + "[" + copy.size() + "]"));
        }
        return List.copyOf(copy);
    }

    static <T> T present(@Nullable T value, String field) {
        if (value == null) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return value;
    }

    static long atLeast(long minimum, long value, String field) {
        if (value < minimum) {
            throw new IllegalArgumentException(field + " is " + value + ", at least " + minimum + " is needed");
        }
        return value;
    }

    static String sha256(String value, String field) {
        String lower = value.toLowerCase(Locale.ROOT);
        if (!SHA256.matcher(lower).matches()) {
            throw new IllegalArgumentException(field + " is not a SHA-256 in 64 hexadecimal digits");
        }
        return lower;
    }
}
