package dev.uplift.profile;

import java.util.OptionalInt;

/** Text of others, made fit to be shown in one line. */
final class Text {
    private static final int SHOWN_MAX = 120;

    private Text() {}

    /** At most 120 characters between quotation marks, control characters replaced. */
    static String quote(String text) {
        String shown = text.length() > SHOWN_MAX ? text.substring(0, SHOWN_MAX) + "…" : text;
        return '"' + shown.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]", "?") + '"';
    }

    /** A whole number without sign, if it is one. */
    static OptionalInt number(String text) {
        return text.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }
}
