package dev.uplift.contract;

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

    /** One line of bounded length without control characters, so that it can be logged and shown as it is. */
    static String line(String value, String field) {
        if (value.length() > TEXT_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    field + " has " + value.length() + " characters, at most " + TEXT_LENGTH_MAX + " are taken");
        }
        if (value.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(field + " contains a control character");
        }
        return value;
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
